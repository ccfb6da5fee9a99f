import type { ClientBase } from 'pg';

/** Which server answers, and whether it takes writes. */
export interface ServerIdentity {
  /** Of the cluster: a replica has its primary's, a restored backup too. */
  system: string;
  /** When this server started: two servers never share it. */
  started: string;
  /** Rises with each promotion; null on a standby. */
  timeline: number | null;
}

const IDENTITY_SQL = `
  select (select system_identifier from pg_control_system())::text as system,
         pg_postmaster_start_time()::text as started,
         case when not pg_is_in_recovery()
              then ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int end as timeline`;

export async function askIdentity(client: ClientBase): Promise<ServerIdentity> {
  const { rows } = await client.query<ServerIdentity>(IDENTITY_SQL);
  if (!rows[0]) throw new Error('no row from a SELECT without FROM');
  return rows[0];
}

export const isSameServer = (a: ServerIdentity, b: ServerIdentity): boolean =>
  a.system === b.system && a.started === b.started && a.timeline === b.timeline;

/** The server at the primary's address must not be written to. */
export class NotThePrimary extends Error {
  override name = 'NotThePrimary';
  /** As PostgreSQL refuses a write on a standby: a loss of connection, see isConnectionLoss. */
  readonly code = '25006';
}

/**
 * The newest timeline that this process has seen of a cluster. A former primary that wakes up after its
 * replica was promoted is on an older one: what is written to it is lost when it joins again.
 */
export interface TimelineFence {
  /** @throws NotThePrimary for a standby and for a former primary */
  assertPrimary(server: ServerIdentity): void;
}

export function createTimelineFence(): TimelineFence {
  let newest: { system: string; timeline: number } | undefined;
  return {
    assertPrimary({ system, timeline }) {
      if (timeline === null) throw new NotThePrimary('a standby answers at the address of the primary');
      if (newest?.system === system && timeline < newest.timeline) {
        throw new NotThePrimary(
          `a former primary answers at the address of the primary: it is on timeline ${timeline}, and timeline ` +
            `${newest.timeline} was seen before; stop that server, or restart this process if the database was restored`,
        );
      }
      newest = { system, timeline };
    },
  };
}
