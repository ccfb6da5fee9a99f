// First, so that the rules of a component come after the general ones.
import './styles/tokens.css';
import './styles/base.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { takeEntry } from './entry/read-entry.ts';
import { applyTheme, readTheme } from './frame/theme.ts';

const entry = takeEntry(window.location, window.history);
const storage = () => window.localStorage;
applyTheme(readTheme(storage), document.documentElement, storage);
const container = document.getElementById('app');
if (!container) throw new Error('the document has no #app');
createRoot(container).render(<App entry={entry} />);
