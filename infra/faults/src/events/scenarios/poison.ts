import { randomUUID } from 'node:crypto';
import { deadLetterTopic, Topic } from '@core/contracts';
import type { EventRecord } from '@core/events';
import { CORRELATION_HEADER, newCorrelationId } from '../../field/records/read-dead-letters.ts';
import { type Fixture, type Scenario } from '../scenario.ts';
import { eventually } from '../../eventually.ts';
import { untilApplied, newCustomers, findStaleScores, scoreRecord } from './consumer-killed.ts';

const RECORDS_OF_EACH_KIND = 8;

/** Builds a record that no handler can process, with the reason that its dead letter must have. */
function poisonOf(kind: string): { record: EventRecord; reason: string } {
  const good = { ...scoreRecord(randomUUID(), 1), headers: { [CORRELATION_HEADER]: newCorrelationId() } };
  const body = JSON.parse(String(good.value)) as { rfm_score: Record<string, unknown> };
  const withBody = (value: EventRecord['value'], key: EventRecord['key'] = good.key) => ({
    ...good,
    key,
    value,
  });
  switch (kind) {
    case 'bad JSON':
      return { record: withBody('{"event_id":'), reason: 'malformed' };
    case 'wrong schema':
      return { record: withBody(JSON.stringify({ ...body, rfm_score: 'high' })), reason: 'invalid' };
    case 'a score of 9':
      return {
        record: withBody(JSON.stringify({ ...body, rfm_score: { ...body.rfm_score, recency: 9 } })),
        reason: 'invalid',
      };
    case '10 MB':
      return { record: withBody(`"${'x'.repeat(10 * 1024 * 1024)}"`), reason: 'malformed' };
    case 'null key and value':
      return { record: withBody(null, null), reason: 'malformed' };
    case 'invalid UTF-8':
      return { record: withBody(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), reason: 'malformed' };
    default:
      return { record: good, reason: 'unknown_customer' };
  }
}

const KINDS = [
  'bad JSON',
  'wrong schema',
  'a score of 9',
  'null key and value',
  'invalid UTF-8',
  'unknown customer',
].flatMap((kind) => Array.from({ length: RECORDS_OF_EACH_KIND }, () => kind));

export const poison: Scenario[] = [
  {
    name: 'poison of every kind among good records',
    async run(fixture) {
      const { stack, workers, random } = fixture;
      if (workers.all().length === 0) await workers.start();
      const customers = await newCustomers(fixture, 60);
      const poisons = [...KINDS, '10 MB'].map(poisonOf);
      const good = customers.map((id) => scoreRecord(id, 1));
      const producer = await stack.kafka.producer();
      // One by one, because some are large: a request contains at most 100 MB.
      for (const record of random.shuffled([...good, ...poisons.map(({ record }) => record)])) {
        await producer.send([record]);
      }
      await untilApplied(fixture);
      await eventually(
        'the deferred scores to be given up',
        async () => (await stack.owner.query('select from parked_events limit 1')).rowCount === 0,
      );
      const violations = await findStaleScores(fixture, customers, 1);
      const reasonsById = await deadLetters(fixture);
      for (const { record, reason } of poisons) {
        const reasons = reasonsById.get(record.headers[CORRELATION_HEADER] ?? '') ?? [];
        if (reasons.join() !== reason)
          violations.push(
            `a record was ${reason}, but its dead letters have the reasons ${reasons.join() || 'none'}`,
          );
      }
      return { faults: 0, note: `${poisons.length} poisoned among ${good.length} good`, violations };
    },
  },
];

/** Returns the reasons of each poisoned record's dead letters, by its correlation id. */
async function deadLetters({ stack }: Fixture): Promise<Map<string, string[]>> {
  const bySource = new Map<string, { correlationId: string; reason: string }>();
  for await (const { headers } of stack.kafka.read(deadLetterTopic(Topic.rfmUpdated))) {
    // A dead letter that was written twice, because a worker was killed, counts once.
    const source = `${headers['dlq_partition']}/${headers['dlq_offset']}`;
    bySource.set(source, {
      correlationId: headers[CORRELATION_HEADER] ?? '',
      reason: headers['dlq_reason'] ?? '',
    });
  }
  const byCorrelationId = Map.groupBy(bySource.values(), ({ correlationId }) => correlationId);
  return new Map(
    [...byCorrelationId].map(([correlationId, all]) => [correlationId, all.map(({ reason }) => reason)]),
  );
}
