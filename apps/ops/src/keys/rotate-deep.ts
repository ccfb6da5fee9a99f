import { randomUUID } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import { type Keyring, type MerchantKeyStore } from '@core/crypto';
import { inTransaction, type Pool } from '@core/db';
import { countRotation, OLD_KEYS_KEPT_MS, rotateMerchants, type RotationResult } from '@core/domain';
import { actorOf } from '../cli/actor.ts';
import type { Report, Terminal } from '../cli/command.ts';
import { OpsError } from '../cli/errors.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { count } from '../cli/print.ts';
import { rotationBar } from './rotation-bar.ts';

export interface RotateDeep {
  pool: Pool;
  keyring: Keyring;
  keys: MerchantKeyStore;
  values: { merchant?: MerchantId | undefined; actor?: string | undefined; yes: boolean; json?: boolean };
  terminal: Terminal;
  signal: AbortSignal;
  /** See OLD_KEYS_KEPT_MS; shorter in specs. */
  keptMs?: number;
}

/** Creates new data keys and encrypts all data again with them; continues a run that was stopped. */
export async function rotateDeep(options: RotateDeep): Promise<Report> {
  const { pool, keyring, keys, values, terminal, signal, keptMs = OLD_KEYS_KEPT_MS } = options;
  const merchantId = values.merchant;
  const command = `npm run ops -- keys rotate --deep${merchantId ? ` --merchant ${merchantId}` : ''} --yes`;
  const continueLine = `continue with: ${command}`;
  const { merchants, emails, unfinished } = await inTransaction(pool, (tx) =>
    countRotation(tx, { merchantId }),
  );
  if (merchantId && merchants === 0) throw new OpsError(`merchant ${merchantId} has no keys`);
  const plan = `${count(emails, 'email')} of ${count(merchants, 'merchant')} under new data keys`;
  const preview = [
    ...(unfinished > 0 ? [`would continue the rotation of ${count(unfinished, 'merchant')}`] : []),
    `would encrypt ${plan}`,
  ];
  if (!(await confirmAction(values, terminal, preview, `encrypt ${plan}?`))) {
    return { json: { dry_run: true, merchants, emails, unfinished }, lines: [...preview, DRY_RUN_NOTICE] };
  }
  const show = rotationBar(terminal, emails);
  const actor = { caller: actorOf(values.actor), requestId: randomUUID() };
  const run = { pool, keyring, keys, actor, merchantId, keptMs, signal, onProgress: show };
  try {
    return report(await rotateMerchants(run), continueLine);
  } catch (error) {
    if (signal.aborted) {
      return {
        json: { dry_run: false, stopped: true, continue_with: command },
        lines: ['stopped', continueLine],
        failed: true,
      };
    }
    throw new OpsError(`stopped: ${error instanceof Error ? error.message : String(error)}\n${continueLine}`);
  }
}

function report(
  { rows, merchants, finished, unreadable, misplaced }: RotationResult,
  continueLine: string,
): Report {
  const isOver = finished === merchants;
  return {
    json: { dry_run: false, emails: rows, merchants, finished, unreadable, misplaced },
    lines: [
      `encrypted ${count(rows, 'email')}; ${finished} of ${count(merchants, 'merchant')} finished, the old keys deleted`,
      ...misplaced.map((id) => `customer ${id} has the email of another row: every read of it is refused`),
      ...unreadable.map((what) => `cannot be decrypted, its old key is kept: ${what}`),
      ...(isOver ? [] : [`repair or erase what cannot be decrypted, then ${continueLine}`]),
    ],
    failed: !isOver,
  };
}
