import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { waitUntil, workspaceRoot } from '@core/testing';

/** Unauthenticated traffic that runs until it is stopped. */
export interface Flood {
  refused(): number;
  /** Answers other than a refusal. */
  others: string[];
  stop(): Promise<void>;
}

export interface FloodPorts {
  grpcPort: number;
  httpPort: number;
}

/** The state that a flood reports from its thread. */
export interface FloodState {
  refused: number;
  others: string[];
  stopped: boolean;
}

/**
 * Starts a flood in a separate thread, so that its work does not delay the reads that are measured at the
 * same time.
 * @param kind the name of its file
 */
export function startFlood(kind: 'json' | 'streams', { grpcPort, httpPort }: FloodPorts) {
  const file = join(workspaceRoot(), 'infra/faults/src/floods/thread.ts');
  const thread = new Worker(file, { workerData: { kind, grpcPort, httpPort } });
  let state: FloodState = { refused: 0, others: [], stopped: false };
  thread.on('message', (message: FloodState) => (state = message));
  thread.on('error', (error) => state.others.push(`the flood has failed: ${String(error)}`));
  return {
    /** Resolves when its traffic has arrived. */
    begun: () =>
      waitUntil(() => state.refused > 0 || state.others.length > 0, { what: 'a refusal', limitMs: 120_000 }),
    async stop(): Promise<FloodState> {
      thread.postMessage('stop');
      await waitUntil(() => state.stopped || state.others.length > 0, {
        what: 'the flood to end',
        limitMs: 120_000,
      });
      await thread.terminate();
      return state;
    },
  };
}
