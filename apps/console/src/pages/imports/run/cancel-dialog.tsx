import { useMutation } from '@connectrpc/connect-query';
import { ImportService } from '@core/contracts/web';
import { useTexts } from '../../../reader.ts';
import { useSession } from '../../../session/session.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';

interface CancelDialogProps {
  importId: string;
  onChanged: () => void;
  onClose: () => void;
}

/** Asks before an import is cancelled, and says what stays. */
export function CancelDialog({ importId, onChanged, onClose }: CancelDialogProps) {
  const { run: words } = useTexts();
  const { merchantId } = useSession();
  const { mutate, isPending, error } = useMutation(ImportService.method.cancelCustomerImport, {
    onSuccess() {
      onClose();
      onChanged();
    },
  });
  return (
    <Dialog title={words.cancelTitle} role="alertdialog" onClose={onClose}>
      <p className="muted">{words.cancelText}</p>
      {error && <ErrorState error={error} />}
      <div className="dialog-actions">
        <Button onClick={onClose}>{words.cancelNo}</Button>
        <Button kind="danger" busy={isPending} onClick={() => mutate({ merchantId, importId })}>
          {words.cancelYes}
        </Button>
      </div>
    </Dialog>
  );
}
