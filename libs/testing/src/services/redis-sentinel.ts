import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, whenReady, type Child } from './child.ts';
import { freePort } from './ports.ts';

export interface StartRedisSentinel {
  dir: string;
  /** Its name for the primary and its replicas. */
  name: string;
  /** The port of the primary on 127.0.0.1. */
  primary: number;
  /** Further lines of its configuration. */
  settings?: readonly string[];
}

export interface RedisSentinel {
  port: number;
  child: Child;
  stop(): Promise<void>;
}

/**
 * Starts one sentinel, whose word is enough to promote a replica. The server's own program is one with an option;
 * Debian's package redis-sentinel has nothing but a link to it.
 */
export async function startRedisSentinel(options: StartRedisSentinel): Promise<RedisSentinel> {
  const { dir, name, primary, settings = [] } = options;
  const port = await freePort();
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'sentinel.conf');
  // It writes down there what it learns.
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
