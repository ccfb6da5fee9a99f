import { gidOf, type MerchantId } from '@core/contracts';
import { isRowReason } from '@core/domain';
import type { Tally } from '../format.ts';
import type { FieldShop, FieldStack } from '../stack.ts';
import type { CustomerTopic, WebhookInput } from './generate.ts';

/** The reasons for which the worker gives up a webhook. */
const REASONS = [
  'invalid_body',
  'not_utf8',
  'no_customer_id',
  'invalid_customer_id',
  'no_updated_at',
  'invalid_updated_at',
  'two_customer_ids',
  'names_disagree',
  'repeated_field',
  'invalid_argument',
];

interface Customer {
  external_id: string | null;
  id: string;
  deleted_at: Date | null;
  erased_at: Date | null;
}

/** Checks the outcome of the accepted webhooks by the stored data. */
export async function checkEffects(
  { owner }: FieldStack,
  shops: readonly FieldShop[],
  inputs: readonly WebhookInput[],
  { accepted, tally }: { accepted: number; tally: Tally },
): Promise<void> {
  let stored = 0;
  for (const { merchantId, shop } of shops) {
    stored += await checkOutcomes(owner, merchantId, tally);
    const { rows: customers } = await owner.query<Customer>(
      'select id, external_id, deleted_at, erased_at from customers where merchant_id = $1',
      [merchantId],
    );
    const { rows: requests } = await owner.query<{ customer_id: string | null; kind: string }>(
      'select customer_id, kind from privacy_requests where merchant_id = $1',
      [merchantId],
    );
    const byId = new Map(customers.map((customer) => [customer.external_id, customer]));
    const requested = new Set(requests.map(({ customer_id: id, kind }) => `${kind} ${id}`));
    for (const input of inputs.filter((each) => each.shop === shop && each.expects === 'applied')) {
      const one = byId.get(gidOf(input.number));
      const other = byId.get(gidOf(input.number + 1));
      const hadEffect = EFFECTS[input.topic](one, other, requested);
      if (!hadEffect)
        tally.violated(`valid ${input.topic} had no effect`, input.body.toString().slice(0, 500));
    }
  }
  // core_webhook_duration_seconds uses these labels: nothing of such a topic or shop is stored.
  tally.count('refused: ignored or unknown_shop', '', accepted - stored);
}

/**
 * Checks of the effect. An erased row has no external id, so a customer that is found by its id was not
 * erased.
 */
const EFFECTS: Record<
  CustomerTopic,
  (one: Customer | undefined, other: Customer | undefined, requested: ReadonlySet<string>) => boolean
> = {
  'customers/create': (one) => one !== undefined && one.deleted_at === null,
  'customers/update': (one) => one !== undefined && one.deleted_at === null,
  'customers/delete': (one) => one?.deleted_at != null,
  'customers/merge': (one, other) => one?.deleted_at === null && other?.deleted_at != null,
  'customers/data_request': (one, _other, requested) => requested.has(`data_request ${one?.id}`),
  'customers/redact': (one) => one === undefined,
};

/** @returns the number of stored webhooks */
async function checkOutcomes(
  owner: FieldStack['owner'],
  merchantId: MerchantId,
  tally: Tally,
): Promise<number> {
  const { rows } = await owner.query<{
    topic: string;
    outcome: string;
    error: string | null;
    request: boolean;
    pending: boolean;
  }>(
    `select w.topic, coalesce(w.outcome::text, 'waiting') as outcome, w.error,
            r.request_id is not null as request, r.request_id is not null and r.completed_at is null as pending
       from webhook_events w
       left join privacy_requests r on r.merchant_id = w.merchant_id and r.request_id = w.request_id
      where w.merchant_id = $1`,
    [merchantId],
  );
  for (const { topic, outcome, error, request, pending } of rows) {
    const detail = `${topic}: ${error}`;
    if (outcome !== 'failed') {
      tally.count(pending ? 'pending' : 'applied', detail);
      continue;
    }
    tally.count(pending ? `pending: ${error}` : `dead letter: ${error}`, detail);
    if (!REASONS.includes(error ?? '') && !isRowReason(error ?? ''))
      tally.violated('were given up with an unknown reason', detail);
    const isPrivacy = topic === 'customers/redact' || topic === 'customers/data_request';
    if (isPrivacy && !request) tally.violated('requests are not pending', topic);
  }
  return rows.length;
}
