import { useTexts } from '../reader.ts';
import { explainError } from '../transport/explain-error.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';

interface ErrorStateProps {
  error: unknown;
  /** Absent when a repetition cannot help. */
  onRetry?: () => void;
  /** Says what was not found, where it is not the address of the page. */
  notFound?: string;
  place?: 'part' | 'page' | 'document';
}

/** The words of an error, with what to do next. */
export function ErrorState({ error, onRetry, notFound, place = 'part' }: ErrorStateProps) {
  const { errors, errorNumber, tryAgain } = useTexts();
  const { kind, detail, requestId } = explainError(error, navigator.onLine);
  const { title, text } = errors[kind];
  // The api names the scope, which the owner of the account needs to know.
  const said = kind === 'noPermission' && detail ? `${text} ${detail}` : (detail ?? text);
  return (
    <Notice title={title} text={(kind === 'notFound' && notFound) || said} tone="bad" place={place}>
      {onRetry && (
        <Button onClick={onRetry} kind="secondary">
          {tryAgain}
        </Button>
      )}
      {kind === 'broken' && requestId && (
        <p className="muted small">
          {errorNumber}: <code>{requestId}</code>
        </p>
      )}
    </Notice>
  );
}
