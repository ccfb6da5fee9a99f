import { basename, join } from 'node:path';
import { Pool } from 'pg';
import { untilReplayed, withClient } from '@core/testing';
import type { InstallationStack } from '../stack.ts';
import type { Subject } from '../subject.ts';
import { dumpDatabase } from './dump.ts';
import { createScanner, type Secret } from './scan.ts';
import { scanFiles, scanTables } from './scan-places.ts';
import { endedTokens } from './stored-tokens.ts';

export interface FoundSecret {
  /** Undefined: a secret of the app. */
  merchantId: string | undefined;
  form: string;
  place: string;
  /** In words, without the secret. */
  says: string;
}

/** Returns every secret that was issued for the shops, and the app's own. */
function issuedSecrets(subjects: readonly Subject[], clientSecret: string): Secret[] {
  const ofShops = subjects.flatMap(({ merchantId, far, carried }) => [
    ...far.tokens.issued().map((text) => ({ what: 'an access or refresh token', text, merchantId })),
    ...[...carried].map((text) => ({ what: 'a code or session token', text, merchantId })),
  ]);
  return [...ofShops, { what: 'the client secret', text: clientSecret }];
}

/**
 * Looks for every issued secret, and for the stored tokens of ended connections. The places are the tables of
 * the primary and the replica, a dump, the files of Redis and Kafka, and all logs. Redis's file contains
 * everything that was written to it.
 *
 * The data files of PostgreSQL, with the WAL, are searched for issued secrets only: a deleted row stays there
 * until its space is used again.
 * @param say receives how the dump was made
 */
export async function findSecrets(
  { stack, owner, clientSecret }: InstallationStack,
  subjects: readonly Subject[],
  say: (line: string) => void,
): Promise<FoundSecret[]> {
  const issued = issuedSecrets(subjects, clientSecret);
  const everything = createScanner([...issued, ...(await endedTokens(owner))]);
  const seen = new Map<string, FoundSecret>();
  const found = ({ what, form, merchantId }: Secret & { form: string }, place: string) => {
    const says = `${what} ${form} in ${place}`;
    seen.set(`${merchantId} ${says}`, { merchantId, form, place, says });
  };
  say(`a dump ${await dumpDatabase(owner, stack.postgres.primary.url, join(stack.dir, DUMP))}`);
  await scanTables(owner, everything, 'the primary', found);
  for (const url of stack.database.replicaUrlsFor('core_owner')) {
    await untilReplayed(owner, url);
    const replica = new Pool({ connectionString: url, max: 2 });
    await scanTables(replica, everything, 'the replica', found).finally(() => replica.end());
  }
  await scanFiles(stack.dir, everything, found, placeOf);
  const plain = createScanner(issued);
  for (const { adminUrl } of [stack.postgres.primary, ...stack.postgres.replicas]) {
    await scanFiles(await dataOf(adminUrl), plain, found, () => 'the data files of PostgreSQL');
  }
  return [...seen.values()];
}

const DUMP = 'after-uninstall.dump';

/** Names the place of a file of the stack. */
function placeOf(path: string): string | undefined {
  if (path === DUMP) return 'the dump';
  if (path.startsWith('redis/')) return 'Redis';
  // Kafka allocates its indexes in advance: gigabytes of zeros.
  if (path.startsWith('kafka/')) return path.endsWith('index') ? undefined : 'Kafka';
  return path.endsWith('.log') ? `the log ${basename(path)}` : undefined;
}

/** Writes everything to the files of a server. @returns their folder */
const dataOf = (adminUrl: string): Promise<string> =>
  withClient(adminUrl, async (client) => {
    await client.query('checkpoint');
    const { rows } = await client.query<{ data: string }>(`select current_setting('data_directory') as data`);
    if (!rows[0]) throw new Error('no data_directory');
    return rows[0].data;
  });
