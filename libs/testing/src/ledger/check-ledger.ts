/** A write that the driver asked for. `unknown`: nobody can say whether it was done. */
export interface LedgerCall {
  /** Sent as x-request-id, and so in the audit log. */
  id: string;
  outcome: 'ok' | 'failed' | 'unknown';
}

/** A row of the audit log, written in the transaction of its change. */
export interface LedgerChange {
  requestId: string;
  customerId: string;
  version: number;
}

/** One version of one customer, as the outbox or Kafka tells of it. */
export interface LedgerEvent {
  eventId: string;
  customerId: string;
  version: number;
  /** All that is said besides: topic, key, headers and fields. The same of both. */
  content: string;
}

export interface Ledger {
  calls: readonly LedgerCall[];
  changes: readonly LedgerChange[];
  /** Every customer's version in PostgreSQL. */
  versions: ReadonlyMap<string, number>;
  /** Every outbox row that was ever committed. */
  outbox: readonly LedgerEvent[];
  /** Every record in Kafka; those of one customer in the order of their partition. */
  records: readonly LedgerEvent[];
  /** How many records may be repetitions: (kills + broker faults + fenced relays) x what a relay has in hand. */
  mostDuplicates: number;
  /** How often one event may be there: once, and once more for each of its faults. */
  mostTimes: number;
}

export interface LedgerVerdict {
  /** Empty when nothing was lost, invented, reordered or repeated too often. */
  violations: string[];
  events: number;
  duplicates: number;
}

/** Violations told of one kind: the first few say what is wrong. */
const MOST_TOLD = 5;

/**
 * Checks that nothing was lost: every call that said ok is in PostgreSQL once and no failed one is; each
 * version of a customer has its one event; every committed outbox row is in Kafka at least once as it was
 * appended, and nothing else is; the first occurrences of a customer's events rise in version; repetitions
 * stay within the bounds; and a consumer that drops repetitions ends with each customer's latest version.
 */
export function checkLedger(ledger: Ledger): LedgerVerdict {
  const first = firstOccurrences(ledger.records);
  const duplicates = ledger.records.length - first.length;
  const violations = [
    ...told(callsInDatabase(ledger)),
    ...told(oneEventForEachVersion(ledger)),
    ...told(outboxInKafka(ledger)),
    ...told(risingVersions(first)),
    ...told(latestVersions(first, ledger.versions)),
    ...told(repeatedTooOften(ledger)),
    ...(duplicates > ledger.mostDuplicates
      ? [`${duplicates} repetitions, at most ${ledger.mostDuplicates} are explained`]
      : []),
  ];
  return { violations, events: ledger.outbox.length, duplicates };
}

/** By call: sums per customer would let one call's loss hide behind another that nobody can tell of. */
function* callsInDatabase({ calls, changes }: Ledger): Iterable<string> {
  const done = Map.groupBy(changes, ({ requestId }) => requestId);
  const most = { ok: 1, unknown: 1, failed: 0 };
  for (const { id, outcome } of calls) {
    const times = done.get(id)?.length ?? 0;
    if (outcome === 'ok' && times === 0) yield `call ${id} said ok and has changed nothing`;
    if (times > most[outcome]) yield `call ${id} is ${outcome} and has changed something ${times} times`;
  }
}

function* oneEventForEachVersion({ versions, outbox, changes }: Ledger): Iterable<string> {
  const events = Map.groupBy(outbox, ({ customerId }) => customerId);
  for (const [customerId, version] of versions) {
    const has = (events.get(customerId) ?? []).map((event) => event.version).sort((a, b) => a - b);
    if (has.length !== version || has.some((each, n) => each !== n + 1)) {
      yield `${customerId}: version ${version} is stored, the outbox had events of ${has.join(' ') || 'none'}`;
    }
  }
  for (const { customerId, version } of changes) {
    if (version > (versions.get(customerId) ?? 0))
      yield `${customerId}: the stored change to ${version} is gone`;
  }
}

function* outboxInKafka({ outbox, records }: Ledger): Iterable<string> {
  const known = new Map(outbox.map((event) => [idOf(event), event.content]));
  const published = new Set(records.map(idOf));
  for (const event of outbox)
    if (!published.has(idOf(event))) yield `${idOf(event)} was committed and is not in Kafka`;
  for (const event of records) {
    const content = known.get(idOf(event));
    if (content === undefined) yield `${idOf(event)} is in Kafka and was never committed`;
    else if (content !== event.content)
      yield `${idOf(event)} says ${event.content}, committed was ${content}`;
  }
}

function* risingVersions(first: readonly LedgerEvent[]): Iterable<string> {
  const last = new Map<string, LedgerEvent>();
  for (const event of first) {
    const before = last.get(event.customerId);
    if (before && before.version >= event.version) yield `${idOf(event)} comes behind ${idOf(before)}`;
    last.set(event.customerId, event);
  }
}

function* latestVersions(
  first: readonly LedgerEvent[],
  versions: ReadonlyMap<string, number>,
): Iterable<string> {
  const seen = new Map(first.map(({ customerId, version }) => [customerId, version]));
  for (const [customerId, version] of versions) {
    if (seen.get(customerId) !== version) {
      yield `${customerId}: a consumer ends at version ${seen.get(customerId) ?? 'none'}, ${version} is stored`;
    }
  }
  for (const customerId of seen.keys()) {
    if (!versions.has(customerId)) yield `${customerId}: a consumer knows a customer that is not stored`;
  }
}

function* repeatedTooOften({ records, mostTimes }: Ledger): Iterable<string> {
  for (const [id, all] of Map.groupBy(records, idOf)) {
    if (all.length > mostTimes)
      yield `${id} is there ${all.length} times, at most ${mostTimes} are explained`;
  }
}

function firstOccurrences(records: readonly LedgerEvent[]): LedgerEvent[] {
  const seen = new Set<string>();
  return records.filter(({ eventId }) => !seen.has(eventId) && seen.add(eventId));
}

const idOf = ({ eventId, customerId, version }: LedgerEvent): string =>
  `${customerId} version ${version} (event ${eventId})`;

function told(violations: Iterable<string>): string[] {
  const all = [...violations];
  const more = all.length - MOST_TOLD;
  return more > 0 ? [...all.slice(0, MOST_TOLD), `and ${more} more like these`] : all;
}
