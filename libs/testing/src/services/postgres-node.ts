import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { launch, whenReady, type Child } from './child.ts';
import { writeConfig, type NodeConfig } from './postgres-config.ts';
import { postgresBinaries, unprivileged } from './unprivileged.ts';

export interface StartNode extends NodeConfig {
  name: string;
  dir: string;
  /** The superuser's url. */
  url: string;
}

/**
 * Starts one PostgreSQL server on an existing data folder. Waits until it answers and, on a standby, until it
 * streams.
 */
export async function startNode(node: StartNode): Promise<Child> {
  writeConfig(node);
  const { name, dir, data, url } = node;
  const isReady = () =>
    query(url, node.primary ? `select from pg_stat_wal_receiver where status = 'streaming'` : 'select');
  for (let attempt = 1; ; attempt++) {
    const child = await launch({
      name,
      command: join(postgresBinaries(), 'bin/postgres'),
      args: ['-D', data],
      cwd: data,
      ...unprivileged(),
      logFile: join(dir, `${name}.log`),
      pidFile: join(dir, `${name}.pid`),
    });
    try {
      return await whenReady(child, async () => (await isReady()).rowCount === 1);
    } catch (error) {
      // After kill -9 of the postmaster, its child processes need a moment to exit. Until then no server
      // starts.
      const stillThere = readFileSync(child.logFile, 'utf8').includes('pre-existing shared memory block');
      if (!stillThere || attempt === 100) throw error;
      await sleep(200);
    }
  }
}

/** Runs one statement on a separate connection. */
export async function query(url: string, text: string) {
  const client = new Client(url);
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}
