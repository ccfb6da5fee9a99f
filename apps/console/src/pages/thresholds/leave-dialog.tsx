import { usePageTexts } from '../../texts/use-page-texts.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';

export function LeaveDialog({ onStay, onLeave }: { onStay: () => void; onLeave: () => void }) {
  const { thresholds: words } = usePageTexts();
  return (
    <Dialog title={words.leaveTitle} role="alertdialog" onClose={onStay}>
      <p className="muted">{words.leaveText}</p>
      <div className="dialog-actions">
        <Button onClick={onStay}>{words.stayHere}</Button>
        <Button kind="danger" onClick={onLeave}>
          {words.leave}
        </Button>
      </div>
    </Dialog>
  );
}
