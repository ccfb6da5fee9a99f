import { gidOf, isRowReason } from '@core/domain';
import type { Tally } from '../format.ts';
import type { FieldShop, FieldStack } from '../stack.ts';
import type { CustomerTopic, WebhookInput } from './generate.ts';

/** Why the worker gives a webhook up: each code is a reason of its own. */
const REASONS = ['invalid_body', 'no_customer_id', 'no_updated_at', 'invalid_argument'];

interface Customer {
  external_id: string | null;
  id: string;
  deleted_at: Date | null;
  erased_at: Date | null;
}

/** Judges what became of the webhooks that were taken, by what is stored. */
export async function judgeEffects(
  { owner }: FieldStack,
  shops: readonly FieldShop[],
  inputs: readonly WebhookInput[],
  tally: Tally,
): Promise<void> {
  for (const { merchantId, shop } of shops) {
    await judgeOutcomes(owner, merchantId, tally);
    const { rows: customers } = await owner.query<Customer>(
      'select id, external_id, deleted_at, erased_at from customers where merchant_id = $1',
      [merchantId],
    );
    const { rows: requests } = await owner.query<{ customer_id: string | null; kind: string; done: boolean }>(
      'select customer_id, kind, completed_at is not null as done from privacy_requests where merchant_id = $1',
      [merchantId],
    );
    const byId = new Map(customers.map((customer) => [customer.external_id, customer]));
    const asked = new Set(requests.map(({ customer_id: id, kind }) => `${kind} ${id}`));
    for (const input of inputs.filter((each) => each.shop === shop && each.expects === 'sound')) {
      const one = byId.get(gidOf(input.number));
      const other = byId.get(gidOf(input.number + 1));
      const took = EFFECTS[input.topic](one, other, asked);
      if (!took) tally.violated(`sound ${input.topic} had no effect`, input.body.toString().slice(0, 500));
    }
    const pending = requests.filter(({ done }) => !done).length;
    if (pending > 0) tally.end('requests pending with their deadline', pending);
  }
}

/** An erased row keeps no external id, so whoever is still found by it was not erased. */
const EFFECTS: Record<
  CustomerTopic,
  (one: Customer | undefined, other: Customer | undefined, asked: ReadonlySet<string>) => boolean
> = {
  'customers/create': (one) => one !== undefined && one.deleted_at === null,
  'customers/update': (one) => one !== undefined && one.deleted_at === null,
  'customers/delete': (one) => one?.deleted_at != null,
  'customers/merge': (one, other) => one?.deleted_at === null && other?.deleted_at != null,
  'customers/data_request': (one, _other, asked) => asked.has(`data_request ${one?.id}`),
  'customers/redact': (one) => one === undefined,
};

async function judgeOutcomes(owner: FieldStack['owner'], merchantId: string, tally: Tally): Promise<void> {
  const { rows } = await owner.query<{
    topic: string;
    outcome: string | null;
    error: string | null;
    request: boolean;
  }>(
    `select topic, outcome, error,
            exists (select from privacy_requests r where r.merchant_id = w.merchant_id and r.request_id = w.request_id) as request
       from webhook_events w where merchant_id = $1`,
    [merchantId],
  );
  for (const { topic, outcome, error, request } of rows) {
    tally.end(outcome === 'failed' ? `given up as ${error}` : (outcome ?? 'waiting'));
    if (outcome !== 'failed') continue;
    if (!REASONS.includes(error ?? '') && !isRowReason(error ?? ''))
      tally.violated('were given up without a reason', `${topic}: ${error}`);
    const isPrivacy = topic === 'customers/redact' || topic === 'customers/data_request';
    if (isPrivacy && !request) tally.violated('requests are not pending', topic);
  }
}
