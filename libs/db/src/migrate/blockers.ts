import { Client, type ClientConfig } from 'pg';
import { startLoop } from '@core/runtime';

/** A session that holds a lock that a migration waits for. */
export interface Blocker {
  pid: number;
  user: string;
  /** Null unless the migration's role may see it, which requires pg_read_all_stats. */
  application: string | null;
  state: string | null;
  /**
   * Start of its transaction and of its last statement. The text of the statement may quote personal data and
   * is left out.
   */
  transactionSince: Date | null;
  queryStart: Date | null;
}

export interface BlockerWatch {
  /** The blocking sessions of the last sample that found any. */
  seen(): Blocker[];
  /** Milliseconds for which the migration has been blocked without interruption. */
  waitingMs(): number;
  stop(): Promise<void>;
}

export interface Watcher {
  /** Samples the sessions that block the migration, until it is stopped. */
  watch(onSample?: (watch: BlockerWatch) => void): BlockerWatch;
  cancel(): Promise<void>;
  end(): Promise<void>;
}

/** Shorter than the shortest wait for a lock, so that every wait is sampled. */
const POLL_EVERY_MS = 50;

const BLOCKERS = `
  select pid, usename as user, nullif(application_name, '') as application, state,
         xact_start as "transactionSince", query_start as "queryStart"
    from pg_stat_activity where pid = any(pg_blocking_pids($1))`;

/**
 * Opens a second connection: the first one is busy waiting, and after the wait the blocker is no longer
 * known.
 */
export async function openWatcher(config: ClientConfig, pid: number): Promise<Watcher> {
  const client = new Client(config);
  client.on('error', () => undefined);
  await client.connect();
  return {
    watch(onSample) {
      let blockers: Blocker[] = [];
      let since: number | undefined;
      const sample = async (signal: AbortSignal) => {
        // Invisible sessions are left out; the migration itself continues.
        const { rows } = await client.query<Blocker>(BLOCKERS, [pid]).catch(() => ({ rows: [] }));
        if (rows.length > 0) [blockers, since] = [rows, since ?? performance.now()];
        else since = undefined;
        if (!signal.aborted) onSample?.(watch);
      };
      const loop = startLoop({
        name: 'migration blocker check',
        every: POLL_EVERY_MS,
        waitsFirst: true,
        work: sample,
      });
      const watch: BlockerWatch = {
        seen: () => blockers,
        waitingMs: () => (since === undefined ? 0 : performance.now() - since),
        stop: () => loop.stop(),
      };
      return watch;
    },
    cancel: async () => void (await client.query('select pg_cancel_backend($1)', [pid])),
    end: () => client.end(),
  };
}

/**
 * Returns readable text, such as "pid 4711 (core_api, api, idle in transaction, transaction started at
 * 2026-...)".
 */
export function describe(blockers: readonly Blocker[]): string {
  if (blockers.length === 0) return 'a session that is not visible to this role';
  return blockers
    .map(({ pid, user, application, state, transactionSince, queryStart }) => {
      const details = [
        user,
        application,
        state,
        transactionSince && `transaction started at ${transactionSince.toISOString()}`,
        queryStart && `last statement started at ${queryStart.toISOString()}`,
      ];
      return `pid ${pid} (${details.filter(Boolean).join(', ')})`;
    })
    .join('; ');
}
