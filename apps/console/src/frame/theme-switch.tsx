import { useState } from 'react';
import { useTexts } from '../reader.ts';
import { applyTheme, readTheme, THEMES, type Theme } from './theme.ts';

const storage = () => window.localStorage;

/** Chooses light or dark colors, or leaves it to the system. */
export function ThemeSwitch() {
  const { theme: words } = useTexts();
  const [theme, setTheme] = useState(() => readTheme(storage));
  const choose = (chosen: Theme) => {
    applyTheme(chosen, document.documentElement, storage);
    setTheme(chosen);
  };
  return (
    <label className="theme">
      <span>{words.label}</span>
      <select value={theme} onChange={({ target }) => choose(THEMES[target.selectedIndex] ?? 'system')}>
        {THEMES.map((each) => (
          <option key={each} value={each}>
            {words[each]}
          </option>
        ))}
      </select>
    </label>
  );
}
