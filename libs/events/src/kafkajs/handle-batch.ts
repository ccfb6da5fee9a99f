import type { EachBatchPayload } from 'kafkajs';
import { pause, within } from '@core/runtime';
import type { ConsumeOptions } from '../kafka-client.ts';
import { partsOf } from './parts.ts';

const COMMIT_EVERY_MS = 1_000;
/** How long a partition rests after its handler has failed. */
const REST_MS = 1_000;
/** The same after records that cannot be read: nothing but a person's decision will change that. */
const UNREADABLE_REST_MS = 5_000;
/**
 * kafkajs fetches, and sends heartbeats, once every partition is done: one that takes longer goes on alone, beside the
 * others. A third of the session; sooner, a large batch would wait for the end of a fetch without it each time.
 */
const ALONE_AFTER_MS = 3_000;

type Work = Pick<ConsumeOptions, 'onBatch' | 'onUnreadable'>;

export interface BatchHandler {
  handle: (payload: EachBatchPayload) => Promise<void>;
  /** The group reassigns its partitions: work in hand may be another member's from now on. */
  leave: () => void;
  /** Resolves once no work is in hand. */
  settled: () => Promise<unknown>;
}

/** Hands on what is fetched of each partition, such that none waits for another. */
export function createBatchHandler(work: Work, ending: AbortSignal): BatchHandler {
  let member = new AbortController();
  const running = new Set<Promise<unknown>>();

  const handle = async (payload: EachBatchPayload): Promise<void> => {
    const done = handOn(payload, work, { ending, left: member.signal });
    running.add(done);
    done.finally(() => running.delete(done)).catch(() => undefined);
    if ((await within(ALONE_AFTER_MS, done)) === 0) return;
    const resume = payload.pause();
    // An error comes from its commit: uncommitted records are committed with the next ones, or come again.
    void done
      .catch(() => REST_MS)
      .then((ms) => pause(ms, ending))
      .then(resume);
  };
  return {
    handle,
    leave: () => {
      member.abort(new Error('the group shares its partitions out anew'));
      member = new AbortController();
    },
    settled: () => Promise.allSettled(running),
  };
}

/**
 * Hands on the records of one partition in order. Offsets are resolved (and so committed) only behind records that
 * were handled; the others are fetched again after a rest.
 * @param left aborts when the partition may be another member's: its offsets are not ours to commit any more
 * @returns how long the partition is to rest
 */
async function handOn(
  payload: EachBatchPayload,
  { onBatch, onUnreadable = rejects }: Work,
  { ending, left }: { ending: AbortSignal; left: AbortSignal },
): Promise<number> {
  const signal = AbortSignal.any([ending, left]);
  let committedAt = Date.now();
  let rest = 0;
  for (const part of partsOf(payload.batch)) {
    if (signal.aborted || !payload.isRunning() || payload.isStale()) break;
    try {
      if ('unreadable' in part) await onUnreadable(part.unreadable, signal);
      else await onBatch(part.records, signal);
    } catch {
      // The handler has said what was wrong; here it only matters that nothing is skipped.
      rest = 'unreadable' in part ? UNREADABLE_REST_MS : REST_MS;
      break;
    }
    if (left.aborted) break;
    payload.resolveOffset(part.last);
    if (Date.now() - committedAt > COMMIT_EVERY_MS) {
      await commit(payload);
      committedAt = Date.now();
    }
  }
  if (!left.aborted) await commit(payload);
  return rest;
}

const commit = ({ commitOffsetsIfNecessary, uncommittedOffsets }: EachBatchPayload): Promise<void> =>
  commitOffsetsIfNecessary(uncommittedOffsets());

const rejects = async (): Promise<never> => {
  throw new Error('nobody knows what to do with records that cannot be read');
};
