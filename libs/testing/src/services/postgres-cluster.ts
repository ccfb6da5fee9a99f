import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Client } from 'pg';
import { REPLICATION_ROLE, replicationSlot } from './postgres-config.ts';
import {
  dataHome,
  writeOwnedFile,
  createOwnedFolder,
  postgresBinaries,
  unprivileged,
} from './unprivileged.ts';

const run = promisify(execFile);

/** Random passwords, generated at the first start and stored in <dir>/credentials.json (mode 600). */
export interface Credentials {
  superuser: string;
  owner: string;
  replication: string;
}

/** Returns the credentials of the cluster in `dir`, or undefined if there is no complete cluster yet. */
export const readCredentials = (dir: string): Credentials | undefined =>
  existsSync(credentialsFile(dir))
    ? (JSON.parse(readFileSync(credentialsFile(dir), 'utf8')) as Credentials)
    : undefined;

/**
 * Runs initdb with new credentials. The caller stores them with storeCredentials when the cluster is
 * complete.
 */
export async function initCluster(dir: string, durable: boolean): Promise<Credentials> {
  wipeCluster(dir); // leftovers of a removed `dir` or of an interrupted first start
  const home = createOwnedFolder(dataHome(dir));
  const password = () => randomBytes(18).toString('base64url');
  const credentials = { superuser: password(), owner: password(), replication: password() };
  const passwordFile = writeOwnedFile(join(home, 'password'), credentials.superuser);
  const args = ['-D', join(home, 'primary'), '-U', 'postgres', `--pwfile=${passwordFile}`];
  // PostgreSQL's builtin C.UTF-8 sorts the same way on every system, whatever locales are installed.
  args.push('--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  args.push('--auth=scram-sha-256', '--no-instructions', ...(durable ? [] : ['--no-sync']));
  await run(join(postgresBinaries(), 'bin/initdb'), args, { cwd: home, ...unprivileged() });
  rmSync(passwordFile);
  return credentials;
}

export function wipeCluster(dir: string): void {
  rmSync(credentialsFile(dir), { force: true });
  rmSync(dataHome(dir), { recursive: true, force: true });
}

/** Creates role core_owner with its database core_db, and the replication role. */
export async function createRoles(client: Client, credentials: Credentials): Promise<void> {
  await ensureOwner(client, credentials.owner);
  const replication = client.escapeLiteral(credentials.replication);
  await client.query(`create role ${REPLICATION_ROLE} login replication password ${replication}`);
}

/** Creates role core_owner and its database core_db, unless they exist, and sets the role's password. */
export async function ensureOwner(client: Client, password: string): Promise<void> {
  const isThere = async (query: string) => (await client.query(query)).rowCount === 1;
  if (!(await isThere(`select from pg_roles where rolname = 'core_owner'`)))
    await client.query('create role core_owner');
  // CREATEROLE, to create the apps' roles. No superuser: pgcrypto is a trusted extension, which an owner may
  // create.
  await client.query(`alter role core_owner login createrole password ${client.escapeLiteral(password)}`);
  // Only pg_read_all_stats may read pg_stat_wal_receiver, which has the replicas' timeline. A migration
  // grants it to the api.
  await client.query('grant pg_read_all_stats to core_owner with admin option');
  if (!(await isThere(`select from pg_database where datname = 'core_db'`)))
    await client.query('create database core_db owner core_owner');
}

/**
 * Creates a replication slot for each standby, so that the primary keeps its WAL for it, and drops the unused
 * slots of earlier standbys.
 */
export async function createSlots(client: Client, replicas: readonly number[]): Promise<void> {
  const names = replicas.map(replicationSlot);
  await client.query(
    `select pg_drop_replication_slot(slot_name) from pg_replication_slots
      where not active and slot_name <> all($1::text[])`,
    [names],
  );
  await client.query(
    `select pg_create_physical_replication_slot(name, true) from unnest($1::text[]) as name
      where not exists (select from pg_replication_slots where slot_name = name)`,
    [names],
  );
}

export const storeCredentials = (dir: string, credentials: Credentials): void =>
  writeFileSync(credentialsFile(dir), JSON.stringify(credentials), { mode: 0o600 });

/** Copies the data of the cleanly stopped primary to a replica. */
export async function copyToReplica(dir: string, number: number): Promise<void> {
  const primary = primaryData(dir);
  const replica = replicaData(dir, number);
  const unfinished = `${replica}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  await run('cp', ['-R', primary, unfinished], { cwd: '/', ...unprivileged() });
  // The copied slots of the primary would retain the standby's WAL forever.
  const slots = join(unfinished, 'pg_replslot');
  for (const slot of readdirSync(slots)) rmSync(join(slots, slot), { recursive: true });
  renameSync(unfinished, replica);
}

export const primaryData = (dir: string): string => join(dataHome(dir), 'primary');

/** @param replica counted from 1 */
export const replicaData = (dir: string, replica: number): string =>
  join(dataHome(dir), `replica-${replica}`);

const credentialsFile = (dir: string): string => join(dir, 'credentials.json');
