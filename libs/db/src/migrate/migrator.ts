import type { Client } from 'pg';
import { PermanentError } from '@core/runtime';
import type { Watcher } from './blockers.ts';

export interface Migrator {
  client: Client;
  watcher: Watcher;
  /** Receives progress lines, such as the sessions that block the migration. */
  say: (line: string) => void;
  /** The longest time, in ms, that an exclusive lock is queued: new readers wait behind it. */
  lockWaitMs: number;
  /** The longest time, in ms, that a migration keeps trying. */
  limitMs: number;
}

/** Another session held a lock that the migration needs, and did not release it in time. */
export class MigrationBlocked extends PermanentError {
  override name = 'MigrationBlocked';
}
