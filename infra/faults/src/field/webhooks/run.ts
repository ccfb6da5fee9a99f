import { gidOf } from '@core/contracts';
import { inTransaction } from '@core/db';
import { upsertCustomers } from '@core/domain';
import { pause } from '@core/runtime';
import { anImportId } from '@core/testing';
import { createTally, type FieldFormat, type FieldInput, type Tally } from '../format.ts';
import type { FieldShop, FieldStack } from '../stack.ts';
import { generateWebhook, type WebhookInput } from './generate.ts';
import { checkEffects } from './check-effects.ts';
import { sendWebhook } from './send.ts';

/** A worker processes one random shop at a time: a shop may wait until every other shop had one batch. */
const MAX_SHOPS = 8;
const INPUTS_A_SHOP = 500;
const AT_ONCE = 24;

/** Webhooks about customers and persons; a shop/redact would erase the customers of all others. */
export const customerWebhooks: FieldFormat = {
  name: 'customers/* webhooks',
  async run(field) {
    const tally = createTally();
    const shops = await Promise.all(
      Array.from({ length: Math.min(MAX_SHOPS, Math.ceil(field.count / INPUTS_A_SHOP)) }, () =>
        field.stack.newShop(),
      ),
    );
    const inputs = Array.from({ length: field.count }, (_, n) => {
      const { shop, far } = shops[n % shops.length] as FieldShop;
      return generateWebhook(field.choices, { shop, shopId: far.shopId, number: 1_000_000 + 2 * n });
    });
    await seed(field.stack, shops, inputs);
    const accepted = await sendAll(field, inputs, tally);
    await untilProcessed(field, shops, tally);
    await checkEffects(field.stack, shops, inputs, { accepted, tally });
    return tally.verdict();
  },
};

/** Seeds every customer that an input is about, except those that an input creates. */
async function seed(
  { owner, ctx }: FieldStack,
  shops: readonly FieldShop[],
  inputs: readonly WebhookInput[],
) {
  for (const { merchantId, shop } of shops) {
    const customers = inputs
      .filter((input) => input.shop === shop && input.topic !== 'customers/create')
      .flatMap(({ number, topic }) => (topic === 'customers/merge' ? [number, number + 1] : [number]))
      .map((number) => ({
        externalId: gidOf(number),
        email: `p${number}@example.com`,
        metadata: { number_of_orders: 1 },
        sourceUpdatedAt: new Date('2026-01-01T00:00:00Z'),
      }));
    await inTransaction(owner, (tx) =>
      upsertCustomers(tx, ctx(), { merchantId, importId: anImportId(), customers }),
    );
  }
}

/** @returns the number of accepted webhooks */
async function sendAll(
  { stack, signal, progress }: FieldInput,
  inputs: readonly WebhookInput[],
  tally: Tally,
): Promise<number> {
  let [next, accepted] = [0, 0];
  const loop = async () => {
    for (let input = inputs[next++]; input; input = inputs[next++]) {
      const { status, text } = await sendWebhook(stack.httpUrl, input, signal);
      progress(next);
      if (status === 200) accepted++;
      else checkRefusal(input, status, text, tally);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, loop));
  return accepted;
}

function checkRefusal(input: WebhookInput, status: number, text: string, tally: Tally): void {
  const detail = `${input.topic} ${input.path} ${JSON.stringify(input.headers)} ${status} ${text}`;
  tally.count(`refused: ${text === '' ? '' : status}`, detail);
  if (input.expects === 'refused' ? status !== 401 : status === 401 && input.expects === 'applied') {
    tally.violated('had their signature verified wrongly', detail);
  } else if (input.expects === 'applied') {
    tally.violated('valid ones were refused', detail);
  } else if (status >= 500) {
    tally.violated('were refused with a server error', detail);
  }
}

/**
 * If no webhook is tried for this time, even on a machine ten times slower, the worker has stopped trying.
 */
const STANDSTILL_MS = 120_000;

/** Waits until each stored webhook is applied, ignored or given up; a postponed webhook is a violation. */
async function untilProcessed(
  { stack: { owner }, count, signal, progress }: FieldInput,
  shops: readonly FieldShop[],
  tally: Tally,
): Promise<void> {
  const names = shops.map(({ shop }) => shop);
  let [left, since] = [Infinity, performance.now()];
  while (left > 0) {
    await pause(200, signal);
    signal.throwIfAborted();
    const { rows } = await owner.query<{ n: number }>(
      'select count(*)::int as n from webhook_events where shop = any($1) and outcome is null and attempts = 0',
      [names],
    );
    const now = rows[0]?.n ?? 0;
    progress(count - now);
    if (now < left) [left, since] = [now, performance.now()];
    if (performance.now() - since > STANDSTILL_MS) {
      tally.violated('webhooks are not tried', `the worker has made no progress for ${STANDSTILL_MS} ms`);
      return;
    }
  }
  const { rows } = await owner.query<{ topic: string; error: string; n: string }>(
    `select topic, error, count(*) as n from webhook_events
      where shop = any($1) and outcome is null group by 1, 2`,
    [names],
  );
  for (const { topic, error, n } of rows) tally.violated('were postponed', `${n} of ${topic}: ${error}`);
}
