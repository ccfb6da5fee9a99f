/**
 * All kinds of work whose statements read or write the rows of several merchants at once, with the reason. A statement
 * names its kind as `crosses`; every other statement names one merchant (ADR 24). No call of a merchant, no page of an
 * import, and neither applying an event nor applying a webhook may have one.
 */
export const CROSSES_MERCHANTS = {
  relay: 'The relay publishes shard by shard, and a shard of the outbox holds the events of many merchants.',
  batches:
    'Concurrent calls of many merchants share a statement, in which each names its own merchant and rows.',
  parking: 'The worker looks which of all parked events can be applied or have waited too long.',
  slices:
    'An importer hands out runs and their slices to whoever is free, those that have waited longest first.',
  schedules: 'An importer sets its timers for the schedules of all merchants.',
  webhooks: 'The worker looks which shops have webhooks that wait, whoever owns them.',
  shopRedactions:
    'The worker looks for due redactions of shops, and holds those that arrive in a burst over all.',
  shops: 'A shop says its name and not its merchant: the row found by its name says whose it is.',
  pruning: 'What is too old is deleted, the oldest first, whoever it belongs to.',
  sealing: 'One chain of seals covers the audit rows of all merchants.',
  statistics: 'Metrics count what waits, over all merchants.',
  keyring: 'A key of the keyring wraps the keys of many merchants.',
  operators: 'An operator asks about all merchants, or about rows of several.',
  restore: 'A restored database gets back what it lacks, of all merchants.',
} as const;

/** A kind of work that crosses merchants. */
export type CrossesMerchants = keyof typeof CROSSES_MERCHANTS;
