import { useMutation } from '@connectrpc/connect-query';
import { PrivacyService, type PrivacyRequest } from '@core/contracts/web';
import { useQueryClient } from '@tanstack/react-query';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorState } from '../../ui/error-state.tsx';

/** Asks before the erasure of a shop is cancelled, which cannot be taken back. */
export function CancelDialog({ request, onClose }: { request: PrivacyRequest; onClose: () => void }) {
  const { privacy } = usePageTexts();
  const { merchantId } = useSession();
  const queries = useQueryClient();
  const { requestId, shop } = request;
  const { mutate, isPending, error } = useMutation(PrivacyService.method.cancelPrivacyRequest, {
    onSuccess() {
      onClose();
      void queries.invalidateQueries();
    },
  });
  return (
    <Dialog title={privacy.cancelTitle} role="alertdialog" onClose={onClose}>
      <p className="muted">{privacy.cancelText(shop || privacy.everyShop)}</p>
      {error && <ErrorState error={error} />}
      <div className="dialog-actions">
        <Button onClick={onClose}>{privacy.cancelNo}</Button>
        <Button kind="primary" busy={isPending} onClick={() => mutate({ merchantId, requestId })}>
          {privacy.cancelYes}
        </Button>
      </div>
    </Dialog>
  );
}
