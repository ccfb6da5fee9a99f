import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { Pool } from 'pg';
import { eachRow } from './scan-places.ts';
import { OWN_SCHEMA } from './stored-tokens.ts';

const run = promisify(execFile);

/**
 * Dumps the database into a file, by pg_dump. Where none on PATH can read a server of this version, by the
 * rows of all tables: pg_dump writes no other data.
 * @returns how, in words
 */
export async function dumpDatabase(owner: Pool, url: string, file: string): Promise<string> {
  const { rows } = await owner.query<{ major: number }>(
    `select current_setting('server_version_num')::int / 10000 as major`,
  );
  const server = rows[0]?.major ?? Infinity;
  const found = await run('pg_dump', ['--version']).catch(() => ({ stdout: '' }));
  const client = Number(/\d+/.exec(found.stdout)?.[0] ?? 0);
  if (client >= server) {
    await run('pg_dump', [`--dbname=${url}`, `--exclude-schema=${OWN_SCHEMA}`, `--file=${file}`]);
    return `by pg_dump ${client}`;
  }
  const out = createWriteStream(file);
  await eachRow(owner, async (table, row) => {
    if (!out.write(`${table}\t${row}\n`)) await once(out, 'drain');
  });
  out.end();
  await once(out, 'close');
  return `by the rows of all tables: ${client === 0 ? 'there is no pg_dump' : `pg_dump ${client}`} for a server of ${server}`;
}
