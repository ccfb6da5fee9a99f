import type { Pool, Tx } from '@core/db';
import { PRIVACY_TOPICS } from '../privacy/index.ts';
import { REQUEST_KINDS } from './request-kinds.ts';
import { shopifyRequestId } from './shopify-request-id.ts';

export type WebhookOutcome = 'applied' | 'ignored';

/** SQL of the privacy request of w, a row of webhook_events; $3 is the prefix. Rows of earlier builds have no id of it. */
const REQUEST_OF_WEBHOOK = 'coalesce(w.request_id, $3 || w.event_id)';

/** Marks a webhook done and forgets its body; the row stays, so that a second delivery is known by it. */
export const finishWebhook = async (
  tx: Tx,
  { id }: { id: string },
  outcome: WebhookOutcome,
): Promise<void> => {
  await tx.query(
    `update webhook_events
        set outcome = $2, body = null, name_marks = null, error = null, attempts = attempts + 1, finished_at = now()
      where id = $1`,
    [id, outcome],
  );
};

/** Why a webhook was not applied. */
export interface WebhookFailure {
  id: string;
  /** No PII. */
  code: string;
  /** Milliseconds until it is tried again; null: it is given up, and kept with its body. */
  retryInMs: number | null;
}

/**
 * Unless somebody has finished it meanwhile. The privacy request of one that is given up says so: its thirty days go on, and
 * somebody has to serve it.
 */
export const failWebhook = async (tx: Tx, { id, code, retryInMs }: WebhookFailure): Promise<void> => {
  await tx.query(
    `update webhook_events
        set error = $2, attempts = attempts + 1,
            next_attempt_at = now() + coalesce($3::double precision, 0) * interval '1 millisecond',
            outcome = case when $3::double precision is null then 'failed' end,
            finished_at = case when $3::double precision is null then now() end
      where id = $1 and outcome is null`,
    [id, code, retryInMs],
  );
  if (retryInMs !== null) return;
  await tx.query(
    `update privacy_requests r set receipt = r.receipt || jsonb_build_object('problem', 'webhook: was given up, ' || w.error)
       from webhook_events w
      where w.id = $1 and w.outcome = 'failed' and w.topic = any($2) and r.merchant_id = w.merchant_id
        and r.request_id = ${REQUEST_OF_WEBHOOK} and r.completed_at is null`,
    [id, Object.keys(REQUEST_KINDS), shopifyRequestId('')],
  );
};

/** Rows of one delete: short enough that nobody waits for its locks. */
const PRUNE_BATCH = 1_000;

/**
 * Deletes webhooks that were finished, well or ill, and came more than `days` ago. Several processes may do it at once.
 * A privacy request that was given up stays, however old, until it is applied after all, or somebody has it served
 * under the same request_id: nobody else may know of it.
 * @returns whether there are more
 */
export async function pruneWebhooks(pool: Pool, days: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    `delete from webhook_events where id in (
       select id from webhook_events w
        where outcome is not null and received_at < now() - make_interval(days => $1)
          and not (outcome = 'failed' and topic = any($2) and not exists (
                select from privacy_requests r
                 where r.merchant_id = w.merchant_id and r.request_id = ${REQUEST_OF_WEBHOOK}
                   and (r.completed_at is not null or r.cancelled_at is not null)))
        order by received_at limit ${PRUNE_BATCH} for update skip locked)`,
    [days, PRIVACY_TOPICS, shopifyRequestId('')],
  );
  return rowCount === PRUNE_BATCH;
}
