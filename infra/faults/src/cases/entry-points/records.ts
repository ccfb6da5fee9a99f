import { randomUUID } from 'node:crypto';
import { Topic } from '@core/contracts';
import { sendWithJava, type KafkaCodec } from '@core/testing';
import { deliver, untilHandled } from '../../field/records/deliver.ts';
import {
  CORRELATION_HEADER,
  newCorrelationId,
  readDeadLetters,
  type DeadLetter,
} from '../../field/records/read-dead-letters.ts';
import type { FieldStack } from '../../field/stack.ts';
import type { EntryPoint } from '../case.ts';
import {
  fillPlaceholders,
  restorePlaceholders,
  makeWorld,
  withFields,
  type StoredCustomer,
  type World,
} from '../world.ts';

export interface Erasure {
  /** The stored customer; default: Ada with Shopify's id 7100123. */
  stored?: StoredCustomer;
  /** The body; `merchant_id` and `request_id` are prepended unless it names a shop or a merchant itself. */
  body: string;
}

const ADA: StoredCustomer = { externalId: 'gid://shopify/Customer/7100123' };

export const erasures: EntryPoint<Erasure> = {
  name: 'gdpr_request.created',
  show: ({ stored, body }) => `${stored ? `stored as ${JSON.stringify(stored)}: ` : ''}${body}`,
  async send(stack, inputs, signal) {
    const worlds = await runSequentially(inputs, ({ stored = ADA }) => makeWorld(stack, stored));
    const records = inputs.map(({ body }, n) => {
      const completeBody = /merchant_?id|shop_domain|^[^{]|^$/i.test(body)
        ? body
        : withFields(body, `"request_id": "${randomUUID()}", "merchant_id": "$merchant"`);
      return recordOf(Topic.gdprRequestCreated, worlds[n] as World, completeBody, String(n));
    });
    await deliver(
      stack,
      records.map(({ record }) => record),
      signal,
    );
    const deadLetters = await readDeadLetters(stack.kafka, Topic.gdprRequestCreated);
    return Promise.all(
      worlds.map(async (world, n) =>
        restorePlaceholders(
          await outcomeOfRequest(stack, world, deadLetters.get(records[n]?.correlationId ?? '')),
          world,
        ),
      ),
    );
  },
};

async function outcomeOfRequest(
  { owner }: FieldStack,
  world: World,
  deadLetter: DeadLetter | undefined,
): Promise<string> {
  const { rows } = await owner.query<{ kind: string; done: boolean; problem: string | null; days: number }>(
    `select kind, completed_at is not null as done, receipt ->> 'problem' as problem,
            extract(days from due_at - received_at)::int as days
       from privacy_requests where merchant_id = $1 or request_id = $2`,
    [world.merchantId, deadLetter?.position ?? ''],
  );
  const { rows: customers } = await owner.query<{ erased: boolean }>(
    'select erased_at is not null as erased from customers where id = $1',
    [world.customerId],
  );
  const outcomes = rows.map(({ kind, done, problem, days }) => {
    if (done) return customers[0]?.erased ? 'erased' : 'done, no customer found';
    return `pending ${days} days: ${problem ?? kind}`;
  });
  if (deadLetter)
    outcomes.unshift(`dead letter ${deadLetter.reason}: ${deadLetter.field}: ${deadLetter.rule}`);
  return outcomes.join('; ') || 'nothing';
}

/**
 * An input is one or more scores of a customer in sending order; a text with `rfm_score` is a complete body.
 */
export const scores: EntryPoint<string[]> = {
  name: 'rfm.updated',
  show: (texts) => texts.join(' then '),
  async send(stack, inputs, signal) {
    const worlds = await runSequentially(inputs, () => makeWorld(stack, {}));
    const records = inputs.flatMap((texts, n) =>
      texts.map((text, nth) =>
        recordOf(Topic.rfmUpdated, worlds[n] as World, scoreBody(text), `${n}.${nth}`),
      ),
    );
    await deliver(
      stack,
      records.map(({ record }) => record),
      signal,
    );
    const deadLetters = await readDeadLetters(stack.kafka, Topic.rfmUpdated);
    return Promise.all(
      worlds.map(async (world, n) => {
        const refused = records
          .filter(({ inputId }) => inputId.split('.')[0] === String(n))
          .flatMap(({ correlationId }) => deadLetters.get(correlationId) ?? [])
          .map(({ reason, field, rule }) => `dead letter ${reason}: ${field}: ${rule}`);
        const score = await scoreOf(stack, world);
        return [...refused, ...(score || refused.length === 0 ? [`applied ${score}`] : [])].join('; ');
      }),
    );
  },
};

/** Sends a score in a batch that Kafka's Java client has compressed. */
export const codecs: EntryPoint<KafkaCodec> = {
  name: 'rfm.updated, by the Java client',
  show: (codec) => `a record compressed with ${codec}`,
  async send(stack, inputs, signal) {
    const worlds = await runSequentially(inputs, () => makeWorld(stack, {}));
    const text = '{"recency": 5, "frequency": 4, "monetary": 5, "as_of": "2026-01-02T00:00:00Z"}';
    await sendWithJava(
      stack.broker,
      inputs.map((codec, n) => {
        const { record } = recordOf(Topic.rfmUpdated, worlds[n] as World, scoreBody(text), '');
        return { codec, records: [{ ...record, partition: 0, headers: [] }] };
      }),
    );
    await untilHandled(stack, signal);
    return Promise.all(worlds.map(async (world) => `applied ${await scoreOf(stack, world)}`));
  },
};

const scoreBody = (text: string): string =>
  text.includes('rfm_score')
    ? text
    : `{"event_id": "${randomUUID()}", "merchant_id": "$merchant", "customer_id": "$customer", "rfm_score": ${text}}`;

async function scoreOf({ owner }: FieldStack, { customerId }: World): Promise<string> {
  const { rows } = await owner.query<{ score: string | null }>(
    `select rfm_score ->> 'score' as score from customers where id = $1`,
    [customerId],
  );
  return rows[0]?.score ?? '';
}

function recordOf(topic: string, world: World, body: string, inputId: string) {
  const correlationId = newCorrelationId();
  return {
    inputId,
    correlationId,
    record: {
      topic,
      key: world.customerId,
      headers: { [CORRELATION_HEADER]: correlationId },
      value: fillPlaceholders(body, world),
    },
  };
}

/** Runs one after another: each call creates a merchant's keys, and the pool has four connections. */
async function runSequentially<I, R>(inputs: readonly I[], make: (input: I) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const input of inputs) results.push(await make(input));
  return results;
}
