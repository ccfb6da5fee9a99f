import { useMutation } from '@connectrpc/connect-query';
import { ShopService } from '@core/contracts/web';
import { useQueryClient } from '@tanstack/react-query';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';

/** Asks before a shop is disconnected, and says what stops and what stays. */
export function DisconnectDialog({ shop, onClose }: { shop: string; onClose: () => void }) {
  const { connect: words } = usePageTexts();
  const { merchantId } = useSession();
  const queries = useQueryClient();
  const { mutate, isPending, error } = useMutation(ShopService.method.disconnectShop, {
    async onSuccess() {
      onClose();
      await queries.invalidateQueries();
    },
  });
  return (
    <ConfirmDialog
      title={words.disconnectTitle(shop)}
      yes={words.disconnect}
      no={words.disconnectNo}
      busy={isPending}
      error={error}
      onConfirm={() => mutate({ merchantId, shop })}
      onClose={onClose}
    >
      <div className="connect-part">
        <h3>{words.stops}</h3>
        <ul className="connect-steps">
          {words.stopsList.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
        <h3>{words.stays}</h3>
        <ul className="connect-steps">
          {words.staysList.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      </div>
    </ConfirmDialog>
  );
}
