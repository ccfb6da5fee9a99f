/**
 * All kinds of work whose statements read or write the rows of several merchants, with the reason. Such a statement names
 * its kind as `crosses`; every other one names its one merchant (ADR 24). Calls of a merchant, and what applies an event, a
 * webhook or a page of an import, run those of `batches` and `shops`, and call the function of `sharedAudit`: no others.
 */
export const CROSSES_MERCHANTS = {
  batches:
    'Concurrent score reads, and the scores of one poll, share a statement: each row of it names its own merchant.',
  shops: 'A shop says its name and not its merchant: its owner is found among the connections of all.',
  sharedAudit:
    'The index of the customers whom audit rows name knows no merchant: what it finds is then asked for the merchant.',
  relay: 'The relay publishes shard by shard, and a shard of the outbox holds the events of many merchants.',
  queues:
    'Workers and importers take what is due, of any merchant: parked events, webhooks, imports, schedules, redactions.',
  pruning: 'What is too old is deleted, the oldest first, of any merchant.',
  sealing: 'One chain of seals covers the audit rows of all merchants.',
  statistics: 'Metrics and limits count what waits, over all merchants.',
  keys: 'A key of the keyring wraps the keys of many merchants, and its rotation goes through all of these.',
  operators: 'An operator asks about all merchants, or about rows of several.',
  restore: 'A restored database gets back what it lacks, of all merchants.',
} as const;

/** A kind of work that crosses merchants. */
export type CrossesMerchants = keyof typeof CROSSES_MERCHANTS;
