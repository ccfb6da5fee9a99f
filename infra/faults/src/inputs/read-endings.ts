import { deadLetterTopic, Topic } from '@core/contracts';
import type { FaultStack } from '../events/stack.ts';
import { MARK, type Input } from './input.ts';

/** What the service says that became of the inputs. */
export interface Endings {
  /** Dead letters by the mark of their input. */
  letters: Map<string, { reason: string; rule: string; place: string }>;
  /** Scores by customer. */
  scores: Map<string, Record<string, unknown>>;
  erased: Set<string>;
  /** Customers whose erasure has a receipt. */
  receipts: Set<string>;
  /** Requests that wait, by id; those that could not be carried out say why. */
  pending: Map<string, { kind: string; problem: string | null; days: number }>;
}

export async function readEndings({ owner, kafka }: FaultStack): Promise<Endings> {
  const letters: Endings['letters'] = new Map();
  for (const topic of [Topic.rfmUpdated, Topic.gdprRequestCreated]) {
    for await (const { headers } of kafka.read(deadLetterTopic(topic))) {
      letters.set(headers[MARK] ?? '', {
        reason: headers['dlq_reason'] ?? '',
        rule: headers['dlq_rule'] ?? '',
        place: `${topic}/${headers['dlq_partition']}/${headers['dlq_offset']}`,
      });
    }
  }
  const { rows: customers } = await owner.query<{
    id: string;
    score: Record<string, unknown> | null;
    erased: boolean;
  }>('select id, rfm_score as score, erased_at is not null as erased from customers');
  const { rows: requests } = await owner.query<{
    id: string;
    kind: string;
    customer: string | null;
    done: boolean;
    problem: string | null;
    days: number;
  }>(
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

/** Reasons that name nothing: an input that has one has met a bug. */
const NAMELESS = ['', 'unforeseen', 'transient_exhausted'];

/** @returns what is wrong with the end of an input; undefined: it has ended as it must */
export function wrongEnd({ record, ends }: Input, mark: string, found: Endings): string | undefined {
  const letter = found.letters.get(mark);
  if (letter && (NAMELESS.includes(letter.reason) || !letter.rule)) {
    return `its dead letter says no more than ${letter.reason || 'nothing'}`;
  }
  if (ends.how === 'somehow') return undefined;
  if (ends.how === 'refused') {
    if (!letter) return 'it has no dead letter';
    return withoutRequest(record.topic, letter.place, ends.requestId, found);
  }
  if (letter) return `it is a dead letter: ${letter.reason}, ${letter.rule}`;
  if (ends.how === 'asked') {
    const request = found.pending.get(ends.requestId);
    return request?.kind === 'data_request' && !request.problem
      ? undefined
      : 'its question is not written down';
  }
  if (ends.how === 'erased') {
    if (!found.erased.has(ends.customerId)) return 'the person is not erased';
    return found.receipts.has(ends.customerId) ? undefined : 'no receipt names the person';
  }
  const stored = found.scores.get(ends.customerId);
  const other = Object.entries(ends.score).find(([name, value]) => stored?.[name] !== value);
  return other && `${other[0]} is ${String(stored?.[other[0]])}, not ${other[1]}`;
}

/** A privacy request that becomes a dead letter is watched for its thirty days. */
function withoutRequest(topic: string, place: string, id: string | undefined, { pending }: Endings) {
  if (topic !== Topic.gdprRequestCreated) return undefined;
  const request = pending.get(id ?? place) ?? pending.get(place);
  if (!request) return 'no request is pending';
  return request.problem && request.days === 30
    ? undefined
    : 'the request does not say what is wrong, or until when';
}
