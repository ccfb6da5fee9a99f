import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { launch, whenReady, type Child } from './child.ts';
import { stopLeftover } from './leftover.ts';
import { freePort } from './ports.ts';
import { ask } from './tcp.ts';

export interface StartRedis {
  dir: string;
  /** The preferred port. If it is taken, the next free one; if not given, any free one. */
  port?: number;
  /** Whether the data survives a restart (append-only file). */
  persist?: boolean;
  /** Deletes the data of earlier starts. */
  fresh?: boolean;
  /** Starts a node of a Redis Cluster, without slots and peers. */
  cluster?: boolean;
  /** Additional command-line arguments: '--name', 'value'. */
  args?: readonly string[];
}

export interface Redis {
  url: string;
  port: number;
  child: Child;
  /** Runs FLUSHALL. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

const filesOf = (dir: string) => ({
  data: join(dir, 'data'),
  pidFile: join(dir, 'redis.pid'),
  logFile: join(dir, 'redis.log'),
});

/** Stops a server that an earlier run left running on the folder. */
export function stopLeftoverRedis(dir: string): Promise<void> {
  const { pidFile, data } = filesOf(dir);
  return stopLeftover(pidFile, data);
}

/** Starts the redis-server found on PATH. */
export async function startRedis(options: StartRedis): Promise<Redis> {
  const { dir, persist = true, fresh = false } = options;
  await stopLeftoverRedis(dir);
  const { data, pidFile, logFile } = filesOf(dir);
  if (fresh) rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const port = await freePort(options.port);
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', data];
  // A process title would remove the folder from the command line, by which stopLeftover recognizes the
  // server.
  args.push('--set-proc-title', 'no');
  args.push('--maxmemory-policy', 'noeviction', '--save', '', '--appendonly', persist ? 'yes' : 'no');
  // By default, the nodes of a cluster talk on the port plus 10,000, which another process may use: an
  // ephemeral port or the port of another service.
  if (options.cluster) args.push('--cluster-enabled', 'yes', '--cluster-port', String(await freePort()));
  args.push(...(options.args ?? []));
  const child = await launch({
    name: 'redis',
    command: 'redis-server',
    args,
    logFile,
    pidFile,
  });
  // The log is checked first: if this server did not get the port, another Redis answers on it.
  const isUp = () => readFileSync(logFile, 'utf8').includes('Ready to accept connections');
  await whenReady(child, async () => isUp() && (await redisAnswers(port)));
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    child,
    flush: () => flush(port),
    stop: () => child.stop(),
  };
}

/** Whether a Redis on this port answers PING, or requires authentication. */
export const redisAnswers = async (port: number): Promise<boolean> =>
  /^(\+PONG|-NOAU)$/.test((await ask({ port, send: Buffer.from('PING\r\n'), bytes: 5 })).toString());

async function flush(port: number): Promise<void> {
  const answer = await ask({ port, send: Buffer.from('FLUSHALL\r\n'), bytes: 5 });
  if (answer.toString() !== '+OK\r\n')
    throw new Error(`Redis returned an error for FLUSHALL: ${answer.toString()}`);
}
