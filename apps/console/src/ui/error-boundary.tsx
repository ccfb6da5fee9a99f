import { Component, type ContextType, type ReactNode } from 'react';
import { ReaderContext } from '../reader.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';

interface State {
  failed: boolean;
}

/**
 * Keeps a mistake of ours outside of the pages from emptying the document. React has it only as a class. The
 * router catches those of a page (page-error.tsx), and an error of a call is a state of its page.
 */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  static override contextType = ReaderContext;
  declare context: ContextType<typeof ReaderContext>;
  override state: State = { failed: false };

  static getDerivedStateFromError(): State {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    const { crashed } = this.context.texts;
    return (
      <Notice title={crashed.title} text={crashed.text} tone="bad" place="document">
        <Button onClick={() => this.setState({ failed: false })}>{crashed.action}</Button>
      </Notice>
    );
  }
}
