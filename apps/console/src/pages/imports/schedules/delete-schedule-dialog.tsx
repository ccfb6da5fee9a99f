import { useMutation } from '@connectrpc/connect-query';
import { ImportService } from '@core/contracts/web';
import { useQueryClient } from '@tanstack/react-query';
import { usePageTexts } from '../../../texts/use-page-texts.ts';
import { useSession } from '../../../session/session.ts';
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx';

/** Asks before the schedule of a shop is deleted. */
export function DeleteScheduleDialog({ shop, onClose }: { shop: string; onClose: () => void }) {
  const { schedules: words } = usePageTexts();
  const { merchantId } = useSession();
  const queries = useQueryClient();
  const { mutate, isPending, error } = useMutation(ImportService.method.deleteImportSchedule, {
    async onSuccess() {
      onClose();
      await queries.invalidateQueries();
    },
  });
  return (
    <ConfirmDialog
      title={words.removeTitle}
      yes={words.remove}
      no={words.removeNo}
      busy={isPending}
      error={error}
      onConfirm={() => mutate({ merchantId, shop })}
      onClose={onClose}
    >
      <p className="muted">{words.removeText(shop)}</p>
    </ConfirmDialog>
  );
}
