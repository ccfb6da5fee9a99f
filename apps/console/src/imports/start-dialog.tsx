import { useMutation } from '@connectrpc/connect-query';
import { ImportMode, ImportService, ImportSource } from '@core/contracts/web';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTexts } from '../reader.ts';
import { useSession } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorState } from '../ui/error-state.tsx';

const MODES = { full: ImportMode.FULL, delta: ImportMode.DELTA };
const SOURCES = {
  auto: ImportSource.UNSPECIFIED,
  graphql: ImportSource.GRAPHQL,
  bulk: ImportSource.BULK,
};

/** Chooses what to import and starts it. Everything has a default, so that one more click is enough. */
export function StartDialog({ shops, onClose }: { shops: readonly string[]; onClose: () => void }) {
  const { start, mode: modes, source: sources } = useTexts();
  const { merchantId } = useSession();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [shop, setShop] = useState(shops[0] ?? '');
  const [mode, setMode] = useState<keyof typeof MODES>('full');
  const [source, setSource] = useState<keyof typeof SOURCES>('auto');
  const { mutate, isPending, error } = useMutation(ImportService.method.startCustomerImport, {
    async onSuccess({ importId }) {
      onClose();
      void queries.invalidateQueries();
      await navigate({ to: '/imports/$importId', params: { importId } });
    },
  });
  return (
    <Dialog title={start.title} onClose={onClose}>
      {shops.length > 1 && (
        <label className="field">
          <span>{start.shop}</span>
          <select value={shop} onChange={({ target }) => setShop(target.value)}>
            {shops.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      )}
      <Choice
        label={start.mode}
        value={mode}
        onChange={setMode}
        options={[
          { value: 'full', label: modes.full, text: modes.fullText },
          { value: 'delta', label: modes.delta, text: modes.deltaText },
        ]}
      />
      <Choice
        label={start.source}
        value={source}
        onChange={setSource}
        options={[
          { value: 'auto', label: sources.auto, text: sources.autoText },
          { value: 'graphql', label: sources.graphql, text: sources.graphqlText },
          { value: 'bulk', label: sources.bulk, text: sources.bulkText },
        ]}
      />
      {error && <ErrorState error={error} />}
      <div className="dialog-actions">
        <Button onClick={onClose}>{start.cancel}</Button>
        <Button
          kind="primary"
          busy={isPending}
          onClick={() => mutate({ merchantId, shop, mode: MODES[mode], source: SOURCES[source] })}
        >
          {isPending ? start.starting : start.action}
        </Button>
      </div>
    </Dialog>
  );
}
