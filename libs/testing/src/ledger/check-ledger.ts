/** A write that the driver asked for. `unknown`: the connection was lost, it may have been committed. */
export interface LedgerCall {
  customerId: string;
  outcome: 'ok' | 'failed' | 'unknown';
}

/** One version of one customer, as the outbox or Kafka tells of it. */
export interface LedgerEvent {
  eventId: string;
  customerId: string;
  version: number;
}

export interface Ledger {
  /** Each call raises its customer's version by one; a creation makes version 1. */
  calls: readonly LedgerCall[];
  /** Every customer's version in PostgreSQL. */
  versions: ReadonlyMap<string, number>;
  /** Every outbox row that was ever committed. */
  outbox: readonly LedgerEvent[];
  /** Every record in Kafka; those of one customer in the order of their partition. */
  records: readonly LedgerEvent[];
  /** How many records may be repetitions: (kills + broker faults + fenced relays) x what a relay has in hand. */
  mostDuplicates: number;
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
 * What "nothing lost" means: every call that said ok is in PostgreSQL and no failed one is; every committed outbox
 * row is in Kafka at least once and nothing else is; of each customer the first occurrences rise in version;
 * repetitions stay within the bound; and a consumer that drops repetitions ends with each customer's latest version.
 */
export function checkLedger(ledger: Ledger): LedgerVerdict {
  const first = firstOccurrences(ledger.records);
  const duplicates = ledger.records.length - first.length;
  const violations = [
    ...told(callsInDatabase(ledger)),
    ...told(outboxInKafka(ledger)),
    ...told(risingVersions(first)),
    ...told(latestVersions(first, ledger.versions)),
    ...(duplicates > ledger.mostDuplicates
      ? [`${duplicates} repetitions, at most ${ledger.mostDuplicates} are explained`]
      : []),
  ];
  return { violations, events: ledger.outbox.length, duplicates };
}

function* callsInDatabase({ calls, versions }: Ledger): Iterable<string> {
  const byCustomer = Map.groupBy(calls, ({ customerId }) => customerId);
  for (const [customerId, of] of byCustomer) {
    const count = (outcome: LedgerCall['outcome']) => of.filter((call) => call.outcome === outcome).length;
    const version = versions.get(customerId) ?? 0;
    if (version < count('ok'))
      yield `${customerId}: ${count('ok')} calls said ok, version ${version} is stored`;
    if (version > count('ok') + count('unknown')) {
      yield `${customerId}: version ${version} is stored, ${count('ok')} calls said ok, ${count('unknown')} are unknown`;
    }
  }
}

function* outboxInKafka({ outbox, records }: Ledger): Iterable<string> {
  const known = new Set(outbox.map(idOf));
  const published = new Set(records.map(idOf));
  for (const event of outbox)
    if (!published.has(idOf(event))) yield `${idOf(event)} was committed and is not in Kafka`;
  for (const event of records)
    if (!known.has(idOf(event))) yield `${idOf(event)} is in Kafka and was never committed`;
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
