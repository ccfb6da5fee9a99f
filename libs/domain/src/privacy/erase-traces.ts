import type { MerchantKeys, Tx } from '@core/db';
import { shopifyNumber, type CommandContext } from '../core/index.ts';
import { isPrivacyTopic } from './privacy-topics.ts';
import { findHeldWebhooks } from './held-webhooks.ts';
import type { NamesInBody } from './names-in-body.ts';
import { searched, type ErasedPlace } from './requests/receipt.ts';

export interface Traces extends NamesInBody {
  merchantId: string;
  requestId: string;
  /** Our own ids of the person. */
  customerIds: readonly string[];
  tombstones: readonly { kind: 'email' | 'external_id'; hash: Buffer }[];
}

/** Removes what is held of a person beside the customer's row, place by place. */
export async function eraseTraces(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  traces: Traces,
): Promise<ErasedPlace[]> {
  return [
    await eraseImportErrors(tx, traces),
    await eraseImportIds(tx, traces),
    await eraseParkedEvents(tx, traces),
    await eraseWebhooks(tx, ctx, keys, traces),
    await writeTombstones(tx, traces),
  ];
}

async function eraseImportErrors(tx: Tx, { merchantId, externalIds }: Traces): Promise<ErasedPlace> {
  const gone = await tx.query(
    'delete from customer_import_errors where merchant_id = $1 and external_id = any($2) returning 1',
    [merchantId, [...externalIds]],
  );
  return searched('customer_import_errors', gone.length, ['rows']);
}

async function eraseImportIds(tx: Tx, { merchantId, externalIds }: Traces): Promise<ErasedPlace> {
  const numbers = [...externalIds].flatMap((id) => shopifyNumber(id) ?? []);
  const pages = await tx.query(
    `update customer_import_ids i
        set ids = array(select id from unnest(i.ids) as id where id <> all($2::bigint[]))
      where i.merchant_id = $1 and i.ids && $2::bigint[]
        and i.import_id in (select id from customer_import_logs where merchant_id = $1)
     returning 1`,
    [merchantId, numbers],
  );
  return searched(
    'customer_import_ids',
    pages.length,
    ['external_id'],
    'an import that still meets the id in the shop notes it again, and forgets it when it completes, or 30 days after it was broken off',
  );
}

async function eraseParkedEvents(tx: Tx, { merchantId, customerIds }: Traces): Promise<ErasedPlace> {
  const gone = await tx.query(
    'delete from parked_events where merchant_id = $1 and customer_id = any($2::uuid[]) returning 1',
    [merchantId, customerIds],
  );
  return searched('parked_events', gone.length, ['rows']);
}

/**
 * They count as ignored: nothing may be stored of the person any more. What the shop asked for is still to be done, and
 * its body goes with that; one that was given up is tried again, so that it does not outlive the person until somebody
 * looks.
 */
async function eraseWebhooks(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  traces: Traces,
): Promise<ErasedPlace> {
  const { webhooks, unreadable, unjudged } = await findHeldWebhooks(tx, ctx, keys, traces.merchantId, traces);
  const left = webhooks.filter(({ topic }) => isPrivacyTopic(topic));
  const dropped = await tx.query(
    `update webhook_events
        set body = null, name_marks = null, outcome = 'ignored', error = null, finished_at = now()
      where merchant_id = $1 and id = any($2::uuid[]) and body is not null returning 1`,
    [traces.merchantId, webhooks.filter((webhook) => !left.includes(webhook)).map(({ id }) => id)],
  );
  await tx.query(
    `update webhook_events
        set outcome = null, error = null, attempts = 0, finished_at = null, next_attempt_at = now()
      where merchant_id = $1 and id = any($2::uuid[]) and outcome = 'failed'`,
    [traces.merchantId, left.map(({ id }) => id)],
  );
  const remarks = [
    ...(left.length > 0
      ? [`${left.length} waiting privacy requests keep their body until they are done`]
      : []),
    ...(unreadable > 0
      ? [
          `${unreadable} bodies do not open with any key; they go 30 days after they came, a privacy request once it is done`,
        ]
      : []),
    ...(unjudged > 0
      ? [
          `${unjudged} bodies are no JSON and hold no name as it is written; they go 30 days after they came, a privacy request once it is done`,
        ]
      : []),
  ];
  return searched('webhook_events', dropped.length, ['body'], remarks.join('; '));
}

async function writeTombstones(tx: Tx, { merchantId, requestId, tombstones }: Traces): Promise<ErasedPlace> {
  const written = await tx.query(
    `insert into erasure_tombstones (merchant_id, kind, hash, request_id)
     select $1, t.kind, t.hash, $4 from unnest($2::text[], $3::bytea[]) as t (kind, hash)
     on conflict do nothing returning 1`,
    [merchantId, tombstones.map((t) => t.kind), tombstones.map((t) => t.hash), requestId],
  );
  return searched(
    'erasure_tombstones',
    0,
    [],
    `${written.length} written: keyed hashes by which an import knows that the person must not come back`,
  );
}
