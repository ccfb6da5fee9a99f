import { readGdprRequestCreated, Topic } from '@core/contracts';
import type { Tally } from '../format.ts';
import type { FieldStack } from '../stack.ts';
import type { RecordInput } from './input.ts';
import { readDeadLetters, type DeadLetter } from './read-dead-letters.ts';

interface Pending {
  id: string;
  kind: string;
  problem: string | null;
  days: number;
}

/** The outcome of the records, as the service stores it. */
interface StoredOutcomes {
  /** Dead letters by the correlation id of their input. */
  deadLetters: ReadonlyMap<string, DeadLetter>;
  /** Scores by customer. */
  scores: ReadonlyMap<string, Record<string, unknown>>;
  erased: ReadonlySet<string>;
  /** Customers whose erasure has a receipt. */
  receipts: ReadonlySet<string>;
  /** Requests that wait, by id. */
  pending: ReadonlyMap<string, Pending>;
}

/** Checks the outcome of each record by its dead letter, and by what is stored. */
export async function checkRecords(
  stack: FieldStack,
  topic: string,
  inputs: ReadonlyMap<string, RecordInput>,
  tally: Tally,
): Promise<void> {
  const found = await readOutcomes(stack, topic);
  for (const [correlationId, input] of inputs) {
    const deadLetter = found.deadLetters.get(correlationId);
    tally.count(outcomeOf(input, deadLetter, found), describeInput(input));
    const problem = findWrongOutcome(input, deadLetter, found);
    if (problem) tally.violated(`had another outcome: ${problem}`, describeInput(input));
  }
}

function outcomeOf(
  { record, expected }: RecordInput,
  deadLetter: DeadLetter | undefined,
  found: StoredOutcomes,
) {
  if (!deadLetter) return expected.outcome === 'pending' ? 'pending' : 'applied';
  return `${pendingOf(record, deadLetter, found) ? 'pending' : 'dead letter'}: ${deadLetter.reason}` as const;
}

/** Returns the request of a dead letter: by its id, or by the position of its record if it has no id. */
function pendingOf(
  { topic, headers, value }: RecordInput['record'],
  { position }: DeadLetter,
  { pending }: StoredOutcomes,
) {
  if (topic !== Topic.gdprRequestCreated) return undefined;
  const { requestId, eventId } = readGdprRequestCreated(
    typeof value === 'string' ? Buffer.from(value) : value,
  );
  const names = [position, requestId, eventId, headers['ce_id'] ?? ''];
  return names.flatMap((name) => pending.get(name) ?? [])[0];
}

/** @returns the difference from the required outcome; undefined if there is none */
function findWrongOutcome(
  { record, expected }: RecordInput,
  deadLetter: DeadLetter | undefined,
  found: StoredOutcomes,
): string | undefined {
  if (deadLetter) {
    if (!deadLetter.rule) return 'its dead letter contains no rule';
    const isForgotten =
      record.topic === Topic.gdprRequestCreated && lacksDeadline(pendingOf(record, deadLetter, found));
    if (isForgotten) return 'no pending request has its problem and a due date';
  }
  if (expected.outcome === 'any') return undefined;
  if (expected.outcome === 'dead letter') return deadLetter ? undefined : 'it has no dead letter';
  if (deadLetter) return `it is a dead letter: ${deadLetter.reason}, ${deadLetter.field}: ${deadLetter.rule}`;
  if (expected.outcome === 'pending') {
    const request = found.pending.get(expected.requestId);
    return request?.kind === 'data_request' && !request.problem
      ? undefined
      : 'its data request is not recorded';
  }
  const { customerId, score } = expected;
  if (!score) {
    if (!found.erased.has(customerId)) return 'the person is not erased';
    return found.receipts.has(customerId) ? undefined : 'no receipt names the person';
  }
  const stored = found.scores.get(customerId);
  const other = Object.entries(score).find(([name, value]) => stored?.[name] !== value);
  return other && `${other[0]} is not the one that was sent`;
}

/** A privacy request that becomes a dead letter must stay pending with its deadline of thirty days. */
const lacksDeadline = (request: Pending | undefined): boolean => !request?.problem || request.days !== 30;

async function readOutcomes({ owner, kafka }: FieldStack, topic: string): Promise<StoredOutcomes> {
  const deadLetters = await readDeadLetters(kafka, topic);
  const { rows: customers } = await owner.query<{
    id: string;
    score: Record<string, unknown> | null;
    erased: boolean;
  }>('select id, rfm_score as score, erased_at is not null as erased from customers');
  const { rows: requests } = await owner.query<Pending & { customer: string | null; done: boolean }>(
    `select request_id as id, kind, customer_id as customer, completed_at is not null as done,
            receipt ->> 'problem' as problem, extract(days from due_at - received_at)::int as days
       from privacy_requests`,
  );
  return {
    deadLetters,
    scores: new Map(customers.flatMap(({ id, score }) => (score ? [[id, score] as const] : []))),
    erased: new Set(customers.filter(({ erased }) => erased).map(({ id }) => id)),
    receipts: new Set(requests.flatMap(({ done, customer }) => (done && customer ? [customer] : []))),
    pending: new Map(requests.filter(({ done }) => !done).map((request) => [request.id, request])),
  };
}

const LONGEST_SHOWN = 400;
const describeInput = ({ record, note }: RecordInput): string =>
  `${note}: ${JSON.stringify(String(record.value)).slice(0, LONGEST_SHOWN)}`;
