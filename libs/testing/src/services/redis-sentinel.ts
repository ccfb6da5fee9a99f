import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, whenReady, type Child } from './child.ts';
import { freePort } from './ports.ts';

export interface StartRedisSentinel {
  dir: string;
  /** The sentinel's name for the primary and its replicas. */
  name: string;
  /** The port of the primary on 127.0.0.1. */
  primary: number;
  /** Additional lines of the configuration. */
  settings?: readonly string[];
}

export interface RedisSentinel {
  port: number;
  child: Child;
  stop(): Promise<void>;
}

/**
 * Starts one sentinel, with a quorum of 1 to promote a replica. `redis-server --sentinel` runs a sentinel;
 * Debian's package redis-sentinel contains only a link to redis-server.
 */
export async function startRedisSentinel(options: StartRedisSentinel): Promise<RedisSentinel> {
  const { dir, name, primary, settings = [] } = options;
  const port = await freePort();
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'sentinel.conf');
  // The sentinel writes its state to this file.
  writeFileSync(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${dir}`,
      `sentinel monitor ${name} 127.0.0.1 ${primary} 1`,
      `sentinel down-after-milliseconds ${name} 1000`,
      `sentinel failover-timeout ${name} 5000`,
      ...settings,
      '',
    ].join('\n'),
  );
  const logFile = join(dir, 'sentinel.log');
  const child = await launch({
    name: 'redis-sentinel',
    command: 'redis-server',
    args: [file, '--sentinel'],
    logFile,
    pidFile: join(dir, 'sentinel.pid'),
  });
  await whenReady(child, async () => readFileSync(logFile, 'utf8').includes(`+monitor master ${name}`));
  return { port, child, stop: () => child.stop() };
}
