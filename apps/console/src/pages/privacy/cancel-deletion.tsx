import type { PrivacyRequest } from '@core/contracts/web';
import { lazy, Suspense, useState } from 'react';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { Button } from '../../ui/button.tsx';
import { canCancel } from './request-state.ts';

const CancelDialog = lazy(() => import('./cancel-dialog.tsx').then((it) => ({ default: it.CancelDialog })));

/** The button that keeps a shop's data, while its erasure waits. */
export function CancelDeletion({ request, now }: { request: PrivacyRequest; now: number }) {
  const { privacy } = usePageTexts();
  const [asks, setAsks] = useState(false);
  return (
    <>
      {canCancel(request, now) && <Button onClick={() => setAsks(true)}>{privacy.cancel}</Button>}
      {asks && (
        <Suspense>
          <CancelDialog request={request} onClose={() => setAsks(false)} />
        </Suspense>
      )}
    </>
  );
}
