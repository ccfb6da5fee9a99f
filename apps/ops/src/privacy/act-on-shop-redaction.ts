import { randomUUID } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import { inTransaction, type Actor, type Pool, type Tx } from '@core/db';
import { getPrivacyRequest, type PrivacyRequest } from '@core/domain';
import { actorOf } from '../cli/actor.ts';
import type { ACTING_OPTIONS, Call, Report } from '../cli/command.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import type { Values } from '../cli/option.ts';
import { tryOut } from '../connect/try-out.ts';
import { requestJson, requestLines } from './present.ts';

export interface ShopRedactionAction {
  verb: string;
  /** @throws CoreError when it is not possible; also called in a dry run, which is rolled back */
  act: (tx: Tx, actor: Actor, request: PrivacyRequest) => Promise<unknown>;
  /** The lines to print afterwards. */
  then: (request: PrivacyRequest) => string[];
}

/** Shows shop redactions, asks for a confirmation, and acts on each in a separate transaction. */
export async function actOnShopRedactions(
  pool: Pool,
  { values, terminal }: Pick<Call<never>, 'terminal'> & { values: Values<typeof ACTING_OPTIONS> },
  refs: readonly { merchantId: MerchantId; requestId: string }[],
  { verb, act, then }: ShopRedactionAction,
): Promise<Report> {
  const actor = { caller: actorOf(values.actor), requestId: randomUUID() };
  const read = (ref: { merchantId: MerchantId; requestId: string }) =>
    inTransaction(pool, (tx) => getPrivacyRequest(tx, ref));
  const before = await Promise.all(refs.map(read));
  for (const request of before) await tryOut(pool, (tx) => act(tx, actor, request));

  const which = before.length === 1 ? 'it' : `these ${before.length}`;
  const preview = [...before.flatMap((request) => [...requestLines(request), '']), `would ${verb} ${which}`];
  if (!(await confirmAction(values, terminal, preview, `${verb} ${which}?`))) {
    return {
      json: { dry_run: true, requests: before.map(requestJson) },
      lines: [...preview, DRY_RUN_NOTICE],
    };
  }
  for (const request of before) await inTransaction(pool, (tx) => act(tx, actor, request));
  const after = await Promise.all(refs.map(read));
  return {
    json: { dry_run: false, requests: after.map(requestJson) },
    lines: after.flatMap((request) => [...requestLines(request), ...then(request)]),
  };
}
