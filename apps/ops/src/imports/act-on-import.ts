import { randomUUID } from 'node:crypto';
import { inTransaction, type Actor, type Tx } from '@core/db';
import { cannot, getImport, type ImportRef, type ImportRun } from '@core/domain';
import { actorOf } from '../cli/actor.ts';
import type { ACTING_OPTIONS, Call, Report } from '../cli/command.ts';
import { mayAct, NOTHING_DONE } from '../cli/may-act.ts';
import { importOf, type IMPORT_OPTIONS } from './options.ts';
import { importJson, showLines } from './present.ts';
import { withImports } from './with-imports.ts';

export interface ImportAction {
  verb: string;
  /** The verb of what is over. */
  done: string;
  isPossible: (run: ImportRun) => boolean;
  act: (tx: Tx, actor: Actor, ref: ImportRef) => Promise<ImportRun>;
  /** The next steps, one a line. */
  then: (ref: ImportRef) => string[];
}

/** Shows the import, asks, acts. A dry run says no where the service would, whose word it is in the end. */
export function actOnImport(
  { values, env, terminal }: Call<typeof IMPORT_OPTIONS & typeof ACTING_OPTIONS>,
  { verb, done, isPossible, act, then }: ImportAction,
): Promise<Report> {
  const ref = importOf(values, env);
  const whose = { merchantId: ref.merchantId };
  return withImports(env, ref, async (pool) => {
    const before = await inTransaction(pool, (tx) => getImport(tx, ref), whose);
    if (!isPossible(before)) throw cannot(done, before.status);
    const preview = [...showLines(before), `would ${verb} it`];
    if (!(await mayAct(values, terminal, preview, `${verb} it?`))) {
      return { json: { dry_run: true, ...importJson(before) }, lines: [...preview, NOTHING_DONE] };
    }
    const actor = { caller: actorOf(values.actor), requestId: randomUUID() };
    const after = await inTransaction(pool, (tx) => act(tx, actor, ref), whose);
    return {
      json: { dry_run: false, ...importJson(after) },
      lines: [`import ${ref.importId} is ${after.status}`, ...then(ref)],
    };
  });
}
