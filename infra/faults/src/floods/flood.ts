import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { waitUntil, workspaceRoot } from '@core/testing';

/** What strangers send, without a token, until told to stop. */
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

/** What a flood in its thread tells of itself. */
export interface FloodState {
  refused: number;
  others: string[];
  stopped: boolean;
}

/**
 * Starts one in a thread of its own: its work is not to stand in the way of the reads that are measured beside it.
 * @param kind the name of its file
 */
export function startFlood(kind: 'json' | 'streams', { grpcPort, httpPort }: FloodPorts) {
  const file = join(workspaceRoot(), 'infra/faults/src/floods/thread.ts');
  const thread = new Worker(file, { workerData: { kind, grpcPort, httpPort } });
  let state: FloodState = { refused: 0, others: [], stopped: false };
  thread.on('message', (said: FloodState) => (state = said));
  thread.on('error', (error) => state.others.push(`the flood has ended: ${String(error)}`));
  return {
    /** Until it has been felt. */
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
