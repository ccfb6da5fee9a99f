import { useMutation } from '@connectrpc/connect-query';
import { PrivacyService } from '@core/contracts/web';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { saveFile } from '../../ui/save-file.ts';

interface ExportDialogProps {
  requestId: string | undefined;
  onClose: () => void;
}

/** Says what the file discloses, and saves it. Nothing of it is shown on the page or kept in its memory. */
export function ExportDialog({ requestId = '', onClose }: ExportDialogProps) {
  const { privacy } = usePageTexts();
  const { merchantId } = useSession();
  const queries = useQueryClient();
  const [customerId, setCustomerId] = useState('');
  const { mutate, isPending, error } = useMutation(PrivacyService.method.exportCustomerData, {
    gcTime: 0,
    onSuccess({ data }) {
      const json = new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' });
      saveFile(json, 'personal-data.json');
      onClose();
      void queries.invalidateQueries();
    },
  });
  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!isPending) mutate({ merchantId, requestId, customerId: customerId.trim() });
  };
  return (
    <Dialog title={privacy.exportTitle} onClose={onClose}>
      <form className="dialog-form" onSubmit={save}>
        {requestId === '' && (
          <label className="field">
            <span>{privacy.exportWho}</span>
            <input
              value={customerId}
              required
              autoFocus
              autoComplete="off"
              spellCheck={false}
              onChange={({ target }) => setCustomerId(target.value)}
            />
          </label>
        )}
        <p className="muted">{privacy.exportText}</p>
        {error && <ErrorState error={error} notFound={privacy.unknownPerson} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{privacy.exportNo}</Button>
          <Button kind="primary" type="submit" busy={isPending}>
            {privacy.exportYes}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
