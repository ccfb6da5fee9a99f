/** A write that the driver requested. `unknown`: the driver cannot know whether it was committed. */
export interface LedgerCall {
  /** Sent as x-request-id, and therefore stored in the audit log. */
  id: string;
  outcome: 'ok' | 'failed' | 'unknown';
}

/** A row of the audit log, written in the same transaction as its change. */
export interface LedgerChange {
  requestId: string;
  customerId: string;
  version: number;
}

/** One version of one customer, as the outbox or Kafka contains it. */
export interface LedgerEvent {
  eventId: string;
  customerId: string;
  version: number;
  /** Everything else: topic, key, headers and fields. It must be equal in the outbox and Kafka. */
  content: string;
}

export interface Ledger {
  calls: readonly LedgerCall[];
  changes: readonly LedgerChange[];
  /** The version of every customer in PostgreSQL. */
  versions: ReadonlyMap<string, number>;
  /** Every outbox row that was ever committed. */
  outbox: readonly LedgerEvent[];
  /** Every record in Kafka. The records of one customer are in the order of their partition. */
  records: readonly LedgerEvent[];
  /**
   * The maximum number of duplicates: (kills + broker faults + fenced relays) x the events in flight per
   * relay.
   */
  mostDuplicates: number;
  /** The maximum number of times that one event may occur: once, plus once for each fault that affects it. */
  mostTimes: number;
}

export interface LedgerVerdict {
  /** Empty when no event was lost, invented, reordered or duplicated too often. */
  violations: string[];
  events: number;
  duplicates: number;
}

/** The number of violations reported for each kind. The first few are enough to see what is wrong. */
const MAX_REPORTED = 5;

/**
 * Checks that nothing was lost:
 * - Every call that returned ok is in PostgreSQL once, and no failed call is.
 * - Each version of a customer has exactly one event.
 * - Every committed outbox row is in Kafka at least once, unchanged, and Kafka contains nothing else.
 * - The first occurrences of a customer's events have increasing versions.
 * - Duplicates stay within the limits.
 * - A consumer that drops duplicates ends with the latest version of each customer.
 */
export function checkLedger(ledger: Ledger): LedgerVerdict {
  const first = firstOccurrences(ledger.records);
  const duplicates = ledger.records.length - first.length;
  const violations = [
    ...limitReported(callsInDatabase(ledger)),
    ...limitReported(oneEventForEachVersion(ledger)),
    ...limitReported(outboxInKafka(ledger)),
    ...limitReported(risingVersions(first)),
    ...limitReported(latestVersions(first, ledger.versions)),
    ...limitReported(repeatedTooOften(ledger)),
    ...(duplicates > ledger.mostDuplicates
      ? [`${duplicates} duplicates, but the faults explain at most ${ledger.mostDuplicates}`]
      : []),
  ];
  return { violations, events: ledger.outbox.length, duplicates };
}

/**
 * Checks each call. With sums per customer, a call with an unknown outcome could hide the loss of another
 * call.
 */
function* callsInDatabase({ calls, changes }: Ledger): Iterable<string> {
  const done = Map.groupBy(changes, ({ requestId }) => requestId);
  const most = { ok: 1, unknown: 1, failed: 0 };
  for (const { id, outcome } of calls) {
    const times = done.get(id)?.length ?? 0;
    if (outcome === 'ok' && times === 0) yield `call ${id} returned ok but changed nothing`;
    if (times > most[outcome]) yield `call ${id} is ${outcome} but made a change ${times} times`;
  }
}

function* oneEventForEachVersion({ versions, outbox, changes }: Ledger): Iterable<string> {
  const events = Map.groupBy(outbox, ({ customerId }) => customerId);
  for (const [customerId, version] of versions) {
    const has = (events.get(customerId) ?? []).map((event) => event.version).sort((a, b) => a - b);
    if (has.length !== version || has.some((each, n) => each !== n + 1)) {
      yield `${customerId}: version ${version} is stored, but the outbox had events for ${has.join(' ') || 'none'}`;
    }
  }
  for (const { customerId, version } of changes) {
    if (version > (versions.get(customerId) ?? 0))
      yield `${customerId}: the committed change to version ${version} is lost`;
  }
}

function* outboxInKafka({ outbox, records }: Ledger): Iterable<string> {
  const known = new Map(outbox.map((event) => [idOf(event), event.content]));
  const published = new Set(records.map(idOf));
  for (const event of outbox)
    if (!published.has(idOf(event))) yield `${idOf(event)} was committed but is not in Kafka`;
  for (const event of records) {
    const content = known.get(idOf(event));
    if (content === undefined) yield `${idOf(event)} is in Kafka but was never committed`;
    else if (content !== event.content)
      yield `${idOf(event)} contains ${event.content}, but ${content} was committed`;
  }
}

function* risingVersions(first: readonly LedgerEvent[]): Iterable<string> {
  const last = new Map<string, LedgerEvent>();
  for (const event of first) {
    const before = last.get(event.customerId);
    if (before && before.version >= event.version) yield `${idOf(event)} comes after ${idOf(before)}`;
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
      yield `${customerId}: a consumer ends at version ${seen.get(customerId) ?? 'none'}, but ${version} is stored`;
    }
  }
  for (const customerId of seen.keys()) {
    if (!versions.has(customerId)) yield `${customerId}: a consumer has a customer that is not stored`;
  }
}

function* repeatedTooOften({ records, mostTimes }: Ledger): Iterable<string> {
  for (const [id, all] of Map.groupBy(records, idOf)) {
    if (all.length > mostTimes)
      yield `${id} occurs ${all.length} times, but the faults explain at most ${mostTimes}`;
  }
}

function firstOccurrences(records: readonly LedgerEvent[]): LedgerEvent[] {
  const seen = new Set<string>();
  return records.filter(({ eventId }) => !seen.has(eventId) && seen.add(eventId));
}

const idOf = ({ eventId, customerId, version }: LedgerEvent): string =>
  `${customerId} version ${version} (event ${eventId})`;

function limitReported(violations: Iterable<string>): string[] {
  const all = [...violations];
  const more = all.length - MAX_REPORTED;
  return more > 0 ? [...all.slice(0, MAX_REPORTED), `and ${more} more like these`] : all;
}
