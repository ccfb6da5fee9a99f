import { createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { ImportService, type CustomerImport } from '@core/contracts/web';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useSession } from '../session/session.ts';
import { waitFor, watchImport, type WatchState } from './watch-import.ts';

export interface Watched {
  /** The latest snapshot; undefined before the first one. */
  run: CustomerImport | undefined;
  state: WatchState;
  error: unknown;
}

const NOTHING: Watched = { run: undefined, state: 'live', error: undefined };

/**
 * Watches an import while the component is shown.
 * @param importId undefined: watches nothing
 * @param generation another number starts the watch again, after an import was resumed
 */
export function useWatchedImport(importId: string | undefined, generation = 0): Watched {
  const { merchantId } = useSession();
  const transport = useTransport();
  const queries = useQueryClient();
  const watch = `${importId ?? ''} ${generation}`;
  const [last, setLast] = useState({ watch, ...NOTHING });
  useEffect(() => {
    if (importId === undefined) return undefined;
    const controller = new AbortController();
    const client = createClient(ImportService, transport);
    const change = (part: Partial<Watched>) =>
      setLast((before) => ({ ...(before.watch === watch ? before : NOTHING), ...part, watch }));
    void watchImport({
      open: (signal) => client.watchCustomerImport({ merchantId, importId }, { signal }),
      onSnapshot: (run) => change({ run }),
      onState(state) {
        change({ state });
        // The lists show the end of the import when they are opened.
        if (state === 'ended') void queries.invalidateQueries();
      },
      onError(error) {
        change({ error });
        // A query that fails in the same way ends the session of the page.
        void queries.invalidateQueries();
      },
      signal: controller.signal,
      wait: waitFor,
    });
    return () => controller.abort();
  }, [merchantId, importId, watch, transport, queries]);
  // The state of an earlier watch is not the state of this one.
  return last.watch === watch ? last : NOTHING;
}
