import { useMutation } from '@connectrpc/connect-query';
import { PrivacyService } from '@core/contracts/web';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type SyntheticEvent } from 'react';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { personOf } from './person-of.ts';

/** Asks who, and then whether: what is erased cannot be restored. */
export function EraseDialog({ onClose }: { onClose: () => void }) {
  const { privacy } = usePageTexts();
  const { merchantId } = useSession();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [who, setWho] = useState('');
  // One id for each person: a repetition after a lost reply is the same request.
  const [requestId, setRequestId] = useState(() => crypto.randomUUID());
  const [asks, setAsks] = useState(false);
  const { mutate, isPending, error, reset } = useMutation(PrivacyService.method.requestErasure, {
    async onSuccess() {
      onClose();
      void queries.invalidateQueries();
      await navigate({ to: '/privacy/$requestId', params: { requestId } });
    },
  });
  const person = personOf(who);
  const next = (event: SyntheticEvent) => {
    event.preventDefault();
    if (person) setAsks(true);
  };
  if (!asks || !person) {
    return (
      <Dialog title={privacy.erase} onClose={onClose}>
        <form className="dialog-form" onSubmit={next}>
          <label className="field">
            <span>{privacy.eraseWho}</span>
            <input
              value={who}
              required
              autoFocus
              autoComplete="off"
              spellCheck={false}
              aria-describedby="erase-hint"
              onChange={({ target }) => {
                setWho(target.value);
                setRequestId(crypto.randomUUID());
              }}
            />
          </label>
          <p id="erase-hint" className="muted small">
            {privacy.eraseHint}
          </p>
          <div className="dialog-actions">
            <Button onClick={onClose}>{privacy.eraseNo}</Button>
            <Button kind="primary" type="submit">
              {privacy.eraseNext}
            </Button>
          </div>
        </form>
      </Dialog>
    );
  }
  return (
    <Dialog key="asks" title={privacy.eraseTitle} role="alertdialog" onClose={onClose}>
      <p>
        {privacy.eraseWho} <code>{who.trim()}</code>
      </p>
      <p className="muted">{privacy.eraseText}</p>
      {error && <ErrorState error={error} notFound={privacy.unknownPerson} />}
      <div className="dialog-actions">
        <Button
          onClick={() => {
            reset();
            setAsks(false);
          }}
        >
          {privacy.eraseBack}
        </Button>
        <Button kind="danger" busy={isPending} onClick={() => mutate({ merchantId, requestId, ...person })}>
          {privacy.eraseYes}
        </Button>
      </div>
    </Dialog>
  );
}
