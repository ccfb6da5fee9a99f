import type { ErrorComponentProps } from '@tanstack/react-router';
import { useTexts } from '../reader.ts';
import { isMissingChunk } from '../transport/explain-error.ts';
import { Button } from '../ui/button.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Notice } from '../ui/notice.tsx';

/** Stands in the place of a page that cannot be shown; the navigation around it still works. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const { crashed } = useTexts();
  // The code of a page was not loaded: no network, or a build that is gone.
  if (isMissingChunk(error)) return <ErrorState error={error} onRetry={reset} place="page" />;
  return (
    <Notice title={crashed.title} text={crashed.text} tone="bad" place="page">
      <Button onClick={reset}>{crashed.action}</Button>
    </Notice>
  );
}
