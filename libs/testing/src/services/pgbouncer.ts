import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, whenReady, type Child } from './child.ts';
import { freePort } from './ports.ts';
import { writeOwnedFile, createOwnedFolder, unprivileged } from './unprivileged.ts';

export interface StartPgbouncer {
  /** Inside a folder that every user may traverse, as makeServicesDir creates. */
  dir: string;
  /** The address of PostgreSQL. */
  server: { host: string; port: number };
  mode: 'session' | 'transaction' | 'statement';
  /** Passwords by role. Other roles cannot log in. */
  roles: Readonly<Record<string, string>>;
  /** Additional settings; they override the defaults below. */
  settings?: Readonly<Record<string, string | number>>;
}

export interface Pgbouncer {
  port: number;
  child: Child;
  stop(): Promise<void>;
}

/** Starts the pgbouncer found on PATH, for every database of the server. */
export async function startPgbouncer(options: StartPgbouncer): Promise<Pgbouncer> {
  const { dir, server, mode, roles } = options;
  mkdirSync(dir, { recursive: true });
  createOwnedFolder(dir);
  const port = await freePort();
  const users = Object.entries(roles).map(([role, password]) => `"${role}" "${password}"\n`);
  const settings: Record<string, string | number> = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: writeOwnedFile(join(dir, 'users.txt'), users.join('')),
    pool_mode: mode,
    default_pool_size: 20,
    max_client_conn: 200,
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const config = ['[databases]', `* = host=${server.host} port=${server.port}`, '[pgbouncer]', ...lines, ''];
  const logFile = join(dir, 'pgbouncer.log');
  const child = await launch({
    name: 'pgbouncer',
    command: 'pgbouncer',
    args: [writeOwnedFile(join(dir, 'pgbouncer.ini'), config.join('\n'))],
    logFile,
    pidFile: join(dir, 'pgbouncer.pid'),
    ...unprivileged(),
  });
  await whenReady(child, async () => readFileSync(logFile, 'utf8').includes('process up'));
  return { port, child, stop: () => child.stop() };
}
