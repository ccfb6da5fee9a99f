import { randomUUID } from 'node:crypto';
import { type KeyRef, type Keyring } from '@core/crypto';
import { inTransaction, type Pool } from '@core/db';
import { readKeyStatus, rewrapMerchants, type RewrappedPage } from '@core/domain';
import { actorOf } from '../cli/actor.ts';
import type { Report, Terminal } from '../cli/command.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { count } from '../cli/print.ts';
import { showProgress } from '../cli/show-progress.ts';

/** Rows in one transaction. The creation of a merchant's first keys never waits for it. */
const PAGE = 500;

export interface RotateKeyring {
  pool: Pool;
  keyring: Keyring;
  values: { actor?: string | undefined; yes: boolean; json?: boolean };
  terminal: Terminal;
  signal: AbortSignal;
}

/** Wraps every merchant's keys with the keyring's current key. A run after a stop skips the wrapped ones. */
export async function rotateKeyring({
  pool,
  keyring,
  values,
  terminal,
  signal,
}: RotateKeyring): Promise<Report> {
  const { keyring: used } = await inTransaction(pool, readKeyStatus);
  const merchants = used
    .filter(({ key }) => key !== keyring.currentId)
    .reduce((sum, each) => sum + each.merchants, 0);
  const plan = `the keys of ${count(merchants, 'merchant')} with key ${keyring.currentId}`;
  if (merchants === 0) {
    const summary = `key ${keyring.currentId} wraps every merchant's keys`;
    return { json: { dry_run: false, merchants, rewrapped: 0 }, lines: [summary] };
  }
  const preview = [`would wrap ${plan}`];
  if (!(await confirmAction(values, terminal, preview, `wrap ${plan}?`))) {
    return { json: { dry_run: true, merchants, rewrapped: 0 }, lines: [...preview, DRY_RUN_NOTICE] };
  }
  const actor = { caller: actorOf(values.actor), requestId: randomUUID() };
  const show = showProgress(terminal);
  let rewrapped = 0;
  let after: KeyRef | null = null;
  do {
    signal.throwIfAborted();
    const page: RewrappedPage = await inTransaction(pool, (tx) =>
      rewrapMerchants(tx, actor, { keyring, after, limit: PAGE }),
    );
    rewrapped += page.rewrapped;
    after = page.next;
    show(rewrapped, merchants, count(rewrapped, 'row'));
  } while (after);
  return {
    json: { dry_run: false, merchants, rewrapped },
    lines: [`wrapped ${plan}, ${count(rewrapped, 'row')}`],
  };
}
