import { randomUUID } from 'node:crypto';
import type { Choices } from '../../requests/choices.ts';
import { createTally, type FieldFormat } from '../format.ts';
import { deliver } from './deliver.ts';
import type { RecordInput } from './input.ts';
import { checkRecords } from './check-records.ts';
import { CORRELATION_HEADER, newCorrelationId } from './read-dead-letters.ts';
import { makePeople, type Person } from './make-people.ts';

/**
 * Builds the format for a topic: records as producers in many languages write them, valid and broken. Each
 * person has one or two records; the second one is sent with the first, or after the first is processed.
 */
export const recordsOf = (
  topic: string,
  generate: (person: Person, choices: Choices) => readonly RecordInput[],
): FieldFormat => ({
  name: topic,
  async run({ stack, choices, count, signal, progress }) {
    const tally = createTally();
    const inputs = new Map<string, RecordInput>();
    for (const person of await makePeople(stack, count)) {
      if (inputs.size >= count) break;
      const [first, second] = generate(person, choices);
      // The outcome of a first record depends on the second one: a pair that does not fit is omitted.
      if (second && inputs.size + 2 > count) continue;
      if (first) add(inputs, first, choices);
      if (second) add(inputs, { ...second, later: choices.oneIn(2) }, choices);
    }
    const all = [...inputs.values()];
    const waves = Map.groupBy(all, ({ later = false }) => later);
    let sent = 0;
    for (const later of [false, true]) {
      const wave = waves.get(later) ?? [];
      sent += wave.length;
      const records = wave.map(({ record }) => record);
      await deliver(stack, records, signal, (left) => progress(Math.max(0, sent - left)));
    }
    await checkRecords(stack, topic, inputs, tally);
    return tally.verdict();
  },
});

function add(inputs: Map<string, RecordInput>, input: RecordInput, choices: Choices): void {
  const correlationId = newCorrelationId();
  const headers = { ...someHeaders(choices), [CORRELATION_HEADER]: correlationId };
  inputs.set(correlationId, { ...input, record: { ...input.record, headers } });
}

/** Chooses the headers of an event, none, or forged headers of a dead letter. */
const someHeaders = (choices: Choices): Record<string, string> =>
  choices.one<Record<string, string>>([
    {},
    {},
    { ce_source: 'field' },
    { ce_id: randomUUID(), ce_source: 'field' },
    { traceparent: 'x', 'content-type': 'text/plain', dlq_reason: 'forged', dlq_rule: 'forged' },
  ]);
