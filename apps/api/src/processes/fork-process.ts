import cluster from 'node:cluster';
import { within } from '@core/runtime';
import { returnConnections } from './return-connections.ts';
import type { Queries, QueryMessage, ProcessMessage } from './messages.ts';
import type { RunningApi } from '../api.ts';

/** A process of the API, as its supervisor sees it. */
export interface ApiProcess {
  readonly pid: number | undefined;
  /** The ports of the process once it serves; undefined if it ended before that. */
  readonly serving: Promise<RunningApi | undefined>;
  /** Returns whether the process has opened a port: its configuration is valid, and requests can reach it. */
  hasOpened(): boolean;
  /** Resolves with "exit code 1" or "SIGKILL"; never rejects. */
  readonly exited: Promise<string>;
  /** Returns the number of messages that the process has sent so far. */
  messageCount(): number;
  /** Returns the answer; undefined if none arrives in time: the process is busy, hangs, or has exited. */
  query<K extends keyof Queries>(name: K): Promise<Queries[K] | undefined>;
  /** Lets the process finish its calls. */
  stop(): void;
  kill(): void;
}

/** Shorter than the limits of a scrape and a probe. */
const ANSWER_WITHIN_MS = 3_000;

/** Starts this program again as a process that shares its ports. */
export function forkProcess(): ApiProcess {
  // Metrics contain infinities, which JSON cannot represent.
  cluster.setupPrimary({ serialization: 'advanced' });
  const worker = cluster.fork();
  returnConnections(worker.process);
  const served = Promise.withResolvers<RunningApi | undefined>();
  const ended = Promise.withResolvers<string>();
  const pending = new Map<number, (answer: never) => void>();
  let nextId = 0;
  let stopped = false;
  let opened = false;
  let messageCount = 0;

  worker.once('listening', () => (opened = true));
  worker.on('message', (message: ProcessMessage) => {
    messageCount++;
    if (message.kind === 'serving') served.resolve(message.ports);
    else pending.get(message.id)?.(message.answer as never);
  });
  const end = (reason: string) => {
    served.resolve(undefined);
    ended.resolve(reason);
    for (const answer of pending.values()) answer(undefined as never);
  };
  worker.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
  // A process that was started but cannot be reached exits, too; one that could not be started never emits an
  // exit.
  worker.on('error', (error) => worker.process.pid === undefined && end(error.message));

  return {
    pid: worker.process.pid,
    serving: served.promise,
    exited: ended.promise,
    hasOpened: () => opened,
    messageCount: () => messageCount,
    async query<K extends keyof Queries>(name: K) {
      const id = nextId++;
      const answer = new Promise<Queries[K] | undefined>((resolve) => pending.set(id, resolve));
      worker.send(
        { id, ask: name } as QueryMessage,
        (error) => error && pending.get(id)?.(undefined as never),
      );
      try {
        return await within(ANSWER_WITHIN_MS, answer);
      } finally {
        pending.delete(id);
      }
    },
    stop() {
      // A second signal would find no handler and kill the process with its calls.
      if (!stopped) worker.process.kill('SIGTERM');
      stopped = true;
    },
    kill: () => void worker.process.kill('SIGKILL'),
  };
}
