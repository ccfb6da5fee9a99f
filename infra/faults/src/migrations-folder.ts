import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';

interface Entry {
  idx: number;
  when: number;
  tag: string;
}

/** A copy of the service's migrations and functions that can be truncated or extended. */
export interface MigrationsFolder {
  readonly path: string;
  readonly journal: string;
  /** All migrations of the service, oldest first. */
  readonly all: readonly Entry[];
  /** Truncates the folder after this migration. */
  truncateAfter(tag: string): void;
  /** Appends a migration. @returns its tag, and its number as used in a header */
  add(name: string, text: (number: string) => string): { tag: string; number: string };
  /** Adds a comment to the file of a function, so that the function is applied again. */
  touch(name: string): void;
}

/** The first migration that must not block reads: no app runs during the baseline. */
export const FIRST_NEW = 1;

/** @param dir receives the folders `migrations` and `functions` */
export function copyMigrations(dir: string): MigrationsFolder {
  const path = join(dir, 'migrations');
  cpSync(join(workspaceRoot(), 'libs/db/migrations'), path, { recursive: true });
  cpSync(join(workspaceRoot(), 'libs/db/functions'), join(dir, 'functions'), { recursive: true });
  const journal = join(path, 'meta/_journal.json');
  const read = (): Entry[] => (JSON.parse(readFileSync(journal, 'utf8')) as { entries: Entry[] }).entries;
  const write = (entries: readonly Entry[]) => writeFileSync(journal, JSON.stringify({ entries }));
  const all = read().sort((one, other) => one.when - other.when);
  return {
    path,
    journal,
    all,
    truncateAfter(tag) {
      const end = all.findIndex((entry) => entry.tag === tag);
      write(all.slice(0, end + 1));
    },
    add(name, text) {
      const entries = read();
      const idx = Math.max(...entries.map((entry) => entry.idx)) + 1;
      const number = String(idx).padStart(4, '0');
      const tag = `${number}_${name}`;
      writeFileSync(join(path, `${tag}.sql`), text(number));
      write([...entries, { idx, when: Math.max(...entries.map(({ when }) => when)) + 1, tag }]);
      return { tag, number };
    },
    touch: (name) => appendFileSync(join(dir, 'functions', `${name}.sql`), '-- A future build.\n'),
  };
}
