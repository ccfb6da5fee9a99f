import { useMutation } from '@connectrpc/connect-query';
import { ImportService, type CustomerImport } from '@core/contracts/web';
import { lazy, Suspense, useState } from 'react';
import { canCancel, canResume } from '../../../imports/status.ts';
import { useTexts } from '../../../reader.ts';
import { useSession } from '../../../session/session.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';

const CancelDialog = lazy(() => import('./cancel-dialog.tsx').then((it) => ({ default: it.CancelDialog })));

interface RunActionsProps {
  run: CustomerImport;
  /** Called when the api has changed the import. */
  onChanged: () => void;
}

/** What can be done with the import in its state. */
export function RunActions({ run, onChanged }: RunActionsProps) {
  const { run: words } = useTexts();
  const { merchantId } = useSession();
  const [asks, setAsks] = useState(false);
  const { importId } = run;
  const resume = useMutation(ImportService.method.resumeCustomerImport, { onSuccess: onChanged });
  return (
    <>
      {canCancel(run) && (
        <Button kind="danger" onClick={() => setAsks(true)}>
          {words.cancel}
        </Button>
      )}
      {canResume(run) && (
        <Button
          kind="primary"
          busy={resume.isPending}
          onClick={() => resume.mutate({ merchantId, importId })}
        >
          {words.resume}
        </Button>
      )}
      {resume.error && <ErrorState error={resume.error} />}
      {asks && (
        <Suspense>
          <CancelDialog importId={importId} onChanged={onChanged} onClose={() => setAsks(false)} />
        </Suspense>
      )}
    </>
  );
}
