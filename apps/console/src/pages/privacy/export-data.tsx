import { lazy, Suspense, useState } from 'react';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';

const load = () => import('./export-dialog.tsx');
const ExportDialog = lazy(() => load().then((it) => ({ default: it.ExportDialog })));

/**
 * The button that exports the data of a person, and its dialog. A caller who may not see emails has no button.
 * @param requestId the request that the export answers; absent: the dialog asks for a customer
 */
export function ExportData({ requestId }: { requestId?: string }) {
  const { privacy } = usePageTexts();
  const { scopes } = useSession();
  const [open, setOpen] = useState(false);
  const prepare = () => void load().catch(() => undefined);
  if (!scopes.includes('customers:pii')) {
    return requestId === undefined ? null : <p className="muted small">{privacy.exportNoAccess}</p>;
  }
  return (
    <>
      <Button
        kind={requestId === undefined ? 'secondary' : 'primary'}
        onClick={() => setOpen(true)}
        onPointerEnter={prepare}
        onFocus={prepare}
      >
        {requestId === undefined ? privacy.export : privacy.exportThis}
      </Button>
      {open && (
        <Suspense>
          <ExportDialog requestId={requestId} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
