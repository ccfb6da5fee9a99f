import { Component, type ContextType, type ReactNode } from 'react';
import { ReaderContext } from '../reader.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';

interface State {
  failed: boolean;
}

/**
 * Keeps a mistake in one page from emptying the others. React has it only as a class. An error that is thrown
 * by a call never comes here: it is a state of its page.
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
      <Notice title={crashed.title} text={crashed.text} tone="bad">
        <Button onClick={() => this.setState({ failed: false })}>{crashed.action}</Button>
      </Notice>
    );
  }
}
