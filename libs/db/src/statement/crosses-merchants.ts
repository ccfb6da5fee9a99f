/**
 * All kinds of work with statements that read or write the rows of several merchants, with the reason. Such a
 * statement names its kind as `crosses`; every other statement names its one merchant (ADR 24). Calls of a
 * merchant, and the code that applies an event, a webhook or a page of an import, run only statements of
 * `batches` and `shops`, and call the function of `sharedAudit`.
 */
export const CROSSES_MERCHANTS = {
  batches:
    'Concurrent score reads, and the scores of one poll, share a statement: each of its rows names its own merchant.',
  shops:
    'A shop sends its name and not its merchant: its owner is looked up among the connections of all merchants.',
  sharedAudit:
    'The index of the customers in audit rows contains no merchant: its hits are then filtered by merchant.',
  relay: 'The relay publishes shard by shard, and a shard of the outbox holds the events of many merchants.',
  queues:
    'Workers and importers claim due work of any merchant: deferred events, webhooks, imports, schedules, redactions.',
  pruning: 'Expired rows of any merchant are deleted, the oldest first.',
  sealing: 'One chain of seals covers the audit rows of all merchants.',
  statistics: 'Metrics and limits count waiting rows across all merchants.',
  keys: 'A key of the keyring wraps the keys of many merchants, and its rotation visits all of them.',
  operators: 'An operator queries all merchants, or rows of several.',
  restore: 'A restored database gets the missing rows of all merchants back.',
} as const;

/** A kind of work that crosses merchants. */
export type CrossesMerchants = keyof typeof CROSSES_MERCHANTS;
