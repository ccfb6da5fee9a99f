import { useBlocker } from '@tanstack/react-router';
import { lazy, Suspense, useEffect } from 'react';

const load = () => import('./leave-dialog.tsx');
const LeaveDialog = lazy(() => load().then(({ LeaveDialog: component }) => ({ default: component })));

/** Asks before unsaved changes are lost: in the page by a dialog, on closing the tab by the browser. */
export function LeaveGuard({ changed }: { changed: boolean }) {
  const blocker = useBlocker({
    shouldBlockFn: () => changed,
    enableBeforeUnload: () => changed,
    withResolver: true,
  });
  // Without a network the dialog could not be loaded when it is needed.
  useEffect(() => {
    if (changed) load().catch(() => undefined);
  }, [changed]);
  if (blocker.status !== 'blocked') return null;
  return (
    <Suspense>
      <LeaveDialog onStay={blocker.reset} onLeave={blocker.proceed} />
    </Suspense>
  );
}
