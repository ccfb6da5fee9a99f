import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import type { Scanner, Wanted } from './scan.ts';
import { OWN_SCHEMA } from './stored-tokens.ts';

export type Found = (wanted: Wanted, place: string) => void;

/** Calls `see` with every row of every table, as text. */
export async function eachRow(
  pool: Pool,
  see: (table: string, row: string) => void | Promise<void>,
): Promise<void> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c
      where c.relkind = 'r' and not c.relnamespace::regnamespace::text = any($1) order by 1`,
    [['pg_catalog', 'information_schema', OWN_SCHEMA]],
  );
  if (tables.length === 0) throw new Error('there is no table to search');
  const client = await pool.connect();
  try {
    for (const { name } of tables) {
      await client.query(
        `begin; declare every_row no scroll cursor for select t::text as row from ${name} t`,
      );
      for (let left = true; left;) {
        const { rows } = await client.query<{ row: string }>('fetch 5000 from every_row');
        for (const { row } of rows) await see(name, row);
        left = rows.length > 0;
      }
      await client.query('rollback');
    }
  } finally {
    client.release();
  }
}

/** @param server such as `the replica` */
export const scanTables = (pool: Pool, scanner: Scanner, server: string, found: Found): Promise<void> =>
  eachRow(pool, (table, row) =>
    scanner.scan(Buffer.from(row), (wanted) => found(wanted, `${table} of ${server}`)),
  );

/**
 * @param placeOf names the place of a file, by its path relative to the folder; undefined: not searched
 */
export async function scanFiles(
  folder: string,
  scanner: Scanner,
  found: Found,
  placeOf: (path: string) => string | undefined,
): Promise<void> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  for (const { parentPath, name } of files) {
    const file = join(parentPath, name);
    const place = placeOf(file.slice(folder.length + 1));
    if (place !== undefined) await scanFile(file, scanner, (wanted) => found(wanted, place));
  }
}

async function scanFile(file: string, scanner: Scanner, found: (wanted: Wanted) => void): Promise<void> {
  let tail = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) {
      const bytes = Buffer.concat([tail, chunk as Buffer]);
      scanner.scan(bytes, found);
      tail = bytes.subarray(Math.max(0, bytes.length - scanner.overlap));
    }
  } catch (error) {
    // A running server may delete a file between listing and reading.
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
}
