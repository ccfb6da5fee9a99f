import { randomUUID } from 'node:crypto';
import { inTransaction, type Actor, type Tx } from '@core/db';
import { wrongStatus, getImport, type ImportRef, type ImportRun } from '@core/domain';
import { actorOf } from '../cli/actor.ts';
import type { ACTING_OPTIONS, Call, Report } from '../cli/command.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { importOf, type IMPORT_OPTIONS } from './options.ts';
import { importJson, showLines } from './present.ts';
import { withImports } from './with-imports.ts';

export interface ImportAction {
  verb: string;
  /** The past participle of the verb. */
  done: string;
  isPossible: (run: ImportRun) => boolean;
  act: (tx: Tx, actor: Actor, ref: ImportRef) => Promise<ImportRun>;
  /** The next steps, one per line. */
  then: (ref: ImportRef) => string[];
}

/**
 * Shows the import, asks for a confirmation, and acts. A dry run refuses what the service would refuse; the
 * service decides again, and finally, when the command acts.
 */
export function actOnImport(
  { values, env, terminal }: Call<typeof IMPORT_OPTIONS & typeof ACTING_OPTIONS>,
  { verb, done, isPossible, act, then }: ImportAction,
): Promise<Report> {
  const ref = importOf(values, env);
  const scope = { merchantId: ref.merchantId };
  return withImports(env, ref, async (pool) => {
    const before = await inTransaction(pool, (tx) => getImport(tx, ref), scope);
    if (!isPossible(before)) throw wrongStatus(done, before.status);
    const preview = [...showLines(before), `would ${verb} it`];
    if (!(await confirmAction(values, terminal, preview, `${verb} it?`))) {
      return { json: { dry_run: true, ...importJson(before) }, lines: [...preview, DRY_RUN_NOTICE] };
    }
    const actor = { caller: actorOf(values.actor), requestId: randomUUID() };
    const after = await inTransaction(pool, (tx) => act(tx, actor, ref), scope);
    return {
      json: { dry_run: false, ...importJson(after) },
      lines: [`import ${ref.importId} is ${after.status}`, ...then(ref)],
    };
  });
}
