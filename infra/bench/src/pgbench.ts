import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { and, sql } from 'drizzle-orm';
import { build, customers, isLive, statement } from '@core/db';
import { readStat } from '@core/testing';
import type { Operation } from './rounds.ts';

/** Finds pgbench. Debian installs it in a versioned folder that is not on PATH. */
function pgbenchPath(): string {
  const versions = '/usr/lib/postgresql';
  const found = existsSync(versions)
    ? readdirSync(versions).map((version) => join(versions, version, 'bin/pgbench'))
    : [];
  const path = [...found.toSorted().toReversed(), 'pgbench'].find(
    (each) => spawnSync(each, ['--version']).status === 0,
  );
  if (!path) throw new Error('pgbench is missing: install postgresql-contrib');
  return path;
}

/** Parses the figures of pgbench. @throws Error with the whole output when the figures are missing */
export function parsePgbench(output: string): { perSecond: number; operations: number } {
  const number = (pattern: RegExp) => Number(pattern.exec(output)?.[1]);
  const perSecond = number(/^tps = ([\d.]+)/m);
  const operations = number(/transactions actually processed: (\d+)/);
  if (!(perSecond > 0 && operations > 0)) throw new Error(`pgbench failed: ${output}`);
  return { perSecond, operations };
}

/** Uses pgbench's variables, which pgbench turns into numbered parameters. */
const POINT_READ = statement({
  row: { score: customers.rfmScore },
  text: (_, row) =>
    build
      .select(row)
      .from(customers)
      .where(
        and(
          sql`${customers.merchantId} = ('00000000-0000-4000-8000-' || lpad(to_hex(:m::int), 12, '0'))::uuid`,
          sql`${customers.id} = ('10000000-0000-4000-8000-' || lpad(to_hex(:k::int), 12, '0'))::uuid`,
          isLive(),
        ),
      ),
});

/**
 * Returns a function that runs pgbench with prepared point reads of one row by its two ids; pgbench -S reads
 * by one number. The server computes the ids from a random number, which is a few percent of the work.
 * pgbench runs for `seconds` after it has connected.
 */
export function preparePgbench(
  dir: string,
  size: { customers: number; merchants: number },
): (options: { url: string; clients: number; seconds: number; signal: AbortSignal }) => Promise<Operation> {
  const path = pgbenchPath();
  const script = join(dir, 'point-read.sql');
  writeFileSync(
    script,
    `\\set k random(0, ${size.customers - 1})
\\set m :k % ${size.merchants} + 1
${POINT_READ.text};
`,
  );
  return async ({ url, clients, seconds, signal }) => {
    const at = new URL(url);
    const args = ['-n', '-M', 'prepared', '-f', script, '-c', `${clients}`, '-j', '2', '-T', `${seconds}`];
    const cpuBefore = cpuOfEndedChildren();
    const child = spawn(path, [...args, '-h', at.hostname, '-p', at.port, '-U', at.username, 'core_db'], {
      env: { ...process.env, PGPASSWORD: decodeURIComponent(at.password) },
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return {
      ...parsePgbench(output),
      driverCpuSeconds: cpuOfEndedChildren() - cpuBefore,
      errors: {},
    };
  };
}

/** CPU time of ended children. No other child of this process ends while pgbench runs. */
const cpuOfEndedChildren = (): number => readStat('self').endedCpuSeconds;
