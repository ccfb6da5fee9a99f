import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { waitUntil, workspaceRoot } from '@core/testing';
import type { World } from './support.ts';

interface LogLine {
  msg: string;
  admin_port?: number;
}

interface Readiness {
  status: string;
  failed?: string[];
}

export type ImporterProcesses = ReturnType<typeof createImporterProcesses>;

/** Starts importers as separate processes, against the world's database and stand-in. */
export function createImporterProcesses(world: World, redisUrl: string) {
  const children = new Set<ChildProcess>();
  return {
    killAll: () => children.forEach((child) => child.kill('SIGKILL')),
    start(env: NodeJS.ProcessEnv = {}) {
      const child = spawn(join(workspaceRoot(), 'node_modules/.bin/node'), ['apps/importer/src/main.ts'], {
        cwd: workspaceRoot(),
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          PATH: process.env.PATH,
          ...world.stack.envOf('importer'),
          REDIS_URL: redisUrl,
          LOG_LEVEL: 'info',
          ...env,
        },
      });
      children.add(child);
      const lines: LogLine[] = [];
      createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as LogLine));
      const exited = once(child, 'exit').then(([code, signal]) => {
        children.delete(child);
        return (code ?? signal) as number | string;
      });
      const logged = (message: string) =>
        waitUntil(() => lines.find((line) => line.msg === message), {
          what: `the importer to log "${message}"`,
        });
      return {
        child,
        lines,
        logged,
        exited,
        /** Resolves once its admin port is open. */
        async serving() {
          const admin = (await logged('serving health and metrics')).admin_port;
          const ready = async () =>
            (await (await fetch(`http://127.0.0.1:${admin}/readyz`)).json()) as Readiness;
          return { admin, ready };
        },
      };
    },
  };
}
