import { addresses, flag, integer, type Env } from '@core/runtime';

/** Configures which replicas serve reads, and when. */
export const replicasEnv = {
  CORE_DB_REPLICAS: addresses({
    doc: 'read replicas, host:port,host:port; empty: reads go to the primary',
    default: [],
    example: 'localhost:5434',
  }),
  CORE_DB_MAX_LAG_MS: integer({
    doc: 'maximum lag of a replica that serves reads, milliseconds',
    default: 500,
    min: 1,
    max: 3_600_000,
  }),
  CORE_DB_HEDGE: flag({ doc: 'also query a second replica when the first is late', default: true }),
};

export type ReplicasEnv = Env<typeof replicasEnv>;
