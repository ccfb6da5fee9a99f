import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { ErrorState } from './error-state.tsx';

interface ConfirmDialogProps {
  title: string;
  /** What happens then, and what does not. */
  children: ReactNode;
  yes: string;
  no: string;
  busy: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be taken back. */
export function ConfirmDialog({
  title,
  children,
  yes,
  no,
  busy,
  error,
  onConfirm,
  onClose,
}: ConfirmDialogProps) {
  return (
    <Dialog title={title} role="alertdialog" onClose={onClose}>
      {children}
      {error !== null && error !== undefined && <ErrorState error={error} />}
      <div className="dialog-actions">
        <Button onClick={onClose}>{no}</Button>
        <Button kind="danger" busy={busy} onClick={onConfirm}>
          {yes}
        </Button>
      </div>
    </Dialog>
  );
}
