import type { ClientBase } from 'pg';

/** The identity of a server, and whether it accepts writes. */
export interface ServerIdentity {
  /** The cluster's identifier. A replica and a restored backup have the identifier of their primary. */
  system: string;
  /** The start time of this server: two servers never share it. */
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

/** The server at the primary's address must not receive writes. */
export class NotThePrimary extends Error {
  override name = 'NotThePrimary';
  /** The SQLSTATE of a refused write on a standby. It counts as a connection loss, see isConnectionLoss. */
  readonly code = '25006';
}

/**
 * Remembers the newest timeline of a cluster that this process has seen. A former primary that restarts after
 * its replica was promoted has an older timeline: writes to it are lost when it rejoins.
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
