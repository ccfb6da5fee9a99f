import { readGdprRequestCreated, Topic } from '@core/contracts';
import type { Tally } from '../format.ts';
import type { FieldStack } from '../stack.ts';
import type { RecordInput } from './input.ts';
import { readLetters, type Letter } from './letters.ts';

interface Pending {
  id: string;
  kind: string;
  problem: string | null;
  days: number;
}

/** The outcome of the records, as the service stores it. */
interface Found {
  /** Dead letters by the mark of their input. */
  letters: ReadonlyMap<string, Letter>;
  /** Scores by customer. */
  scores: ReadonlyMap<string, Record<string, unknown>>;
  erased: ReadonlySet<string>;
  /** Customers whose erasure has a receipt. */
  receipts: ReadonlySet<string>;
  /** Requests that wait, by id. */
  pending: ReadonlyMap<string, Pending>;
}

/** Judges each record by its dead letter, and by what is stored. */
export async function judgeRecords(
  stack: FieldStack,
  topic: string,
  inputs: ReadonlyMap<string, RecordInput>,
  tally: Tally,
): Promise<void> {
  const found = await findEnds(stack, topic);
  for (const [mark, input] of inputs) {
    const letter = found.letters.get(mark);
    tally.end(endOf(input, letter, found), shown(input));
    const wrong = wrongEnd(input, letter, found);
    if (wrong) tally.violated(`had another end: ${wrong}`, shown(input));
  }
}

function endOf({ record, ends }: RecordInput, letter: Letter | undefined, found: Found) {
  if (!letter) return ends.end === 'pending' ? 'pending' : 'applied';
  return `${pendingOf(record, letter, found) ? 'pending' : 'dead letter'}: ${letter.reason}` as const;
}

/** Returns the request of a dead letter: by its id, or by the position of its record if it has no id. */
function pendingOf(
  { topic, headers, value }: RecordInput['record'],
  { position }: Letter,
  { pending }: Found,
) {
  if (topic !== Topic.gdprRequestCreated) return undefined;
  const { requestId, eventId } = readGdprRequestCreated(
    typeof value === 'string' ? Buffer.from(value) : value,
  );
  const names = [position, requestId, eventId, headers['ce_id'] ?? ''];
  return names.flatMap((name) => pending.get(name) ?? [])[0];
}

/** @returns the error in the end of a record; undefined if the end is the required one */
function wrongEnd(
  { record, ends }: RecordInput,
  letter: Letter | undefined,
  found: Found,
): string | undefined {
  if (letter) {
    if (!letter.rule) return 'its dead letter contains no rule';
    const unwatched =
      record.topic === Topic.gdprRequestCreated && isUnwatched(pendingOf(record, letter, found));
    if (unwatched) return 'no pending request has its problem and a due date';
  }
  if (ends.end === 'any') return undefined;
  if (ends.end === 'dead letter') return letter ? undefined : 'it has no dead letter';
  if (letter) return `it is a dead letter: ${letter.reason}, ${letter.field}: ${letter.rule}`;
  if (ends.end === 'pending') {
    const request = found.pending.get(ends.requestId);
    return request?.kind === 'data_request' && !request.problem
      ? undefined
      : 'its data request is not recorded';
  }
  const { customerId, score } = ends;
  if (!score) {
    if (!found.erased.has(customerId)) return 'the person is not erased';
    return found.receipts.has(customerId) ? undefined : 'no receipt names the person';
  }
  const stored = found.scores.get(customerId);
  const other = Object.entries(score).find(([name, value]) => stored?.[name] !== value);
  return other && `${other[0]} is not the one that was sent`;
}

/** A privacy request that becomes a dead letter must stay pending with its deadline of thirty days. */
const isUnwatched = (request: Pending | undefined): boolean => !request?.problem || request.days !== 30;

async function findEnds({ owner, kafka }: FieldStack, topic: string): Promise<Found> {
  const letters = await readLetters(kafka, topic);
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
    letters,
    scores: new Map(customers.flatMap(({ id, score }) => (score ? [[id, score] as const] : []))),
    erased: new Set(customers.filter(({ erased }) => erased).map(({ id }) => id)),
    receipts: new Set(requests.flatMap(({ done, customer }) => (done && customer ? [customer] : []))),
    pending: new Map(requests.filter(({ done }) => !done).map((request) => [request.id, request])),
  };
}

const LONGEST_SHOWN = 400;
const shown = ({ record, note }: RecordInput): string =>
  `${note}: ${JSON.stringify(String(record.value)).slice(0, LONGEST_SHOWN)}`;
