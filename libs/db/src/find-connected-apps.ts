import type { Reader } from './reader.ts';

/** Returns the roles of the apps that are connected to the database, sorted by name. */
export const findConnectedApps = async (reader: Reader): Promise<string[]> =>
  (
    await reader.query<{ usename: string }>(
      `select distinct usename from pg_stat_activity
        where datname = current_database() and usename in ('core_api', 'core_worker', 'core_importer', 'core_sealer')
        order by 1`,
    )
  ).map(({ usename }) => usename);
