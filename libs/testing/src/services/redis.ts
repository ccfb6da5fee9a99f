import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { launch, whenReady, type Child } from './child.ts';
import { stopLeftover } from './leftover.ts';
import { freePort } from './ports.ts';
import { ask } from './tcp.ts';

export interface StartRedis {
  dir: string;
  /** Preferred; the next free one if it is taken, any if not given. */
  port?: number;
  /** Whether a second start finds the data of the first (append-only file). */
  persist?: boolean;
  /** Drops the data of earlier starts. */
  fresh?: boolean;
  /** Further settings, as the command line has them: '--name', 'value'. */
  args?: readonly string[];
}

export interface Redis {
  url: string;
  port: number;
  child: Child;
  /** FLUSHALL. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

const filesOf = (dir: string) => ({
  data: join(dir, 'data'),
  pidFile: join(dir, 'redis.pid'),
  logFile: join(dir, 'redis.log'),
});

/** Stops the server that an earlier run left on the folder. */
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
  args.push('--set-proc-title', 'no'); // or the folder, by which stopLeftover knows it, goes from its command line
  args.push('--maxmemory-policy', 'noeviction', '--save', '', '--appendonly', persist ? 'yes' : 'no');
  args.push(...(options.args ?? []));
  const child = await launch({
    name: 'redis',
    command: 'redis-server',
    args,
    logFile,
    pidFile,
  });
  // Its log is checked first: when it did not get the port, another Redis answers there.
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

/** Whether a Redis on this port answers PING, or asks who it is. */
export const redisAnswers = async (port: number): Promise<boolean> =>
  /^(\+PONG|-NOAU)$/.test((await ask({ port, send: Buffer.from('PING\r\n'), bytes: 5 })).toString());

async function flush(port: number): Promise<void> {
  const answer = await ask({ port, send: Buffer.from('FLUSHALL\r\n'), bytes: 5 });
  if (answer.toString() !== '+OK\r\n') throw new Error(`Redis: FLUSHALL was answered ${answer.toString()}`);
}
