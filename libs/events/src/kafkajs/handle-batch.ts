import type { EachBatchPayload } from 'kafkajs';
import { pause, within } from '@core/runtime';
import type { ConsumeOptions } from '../kafka-client.ts';
import { partsOf } from './parts.ts';

const COMMIT_EVERY_MS = 1_000;
/** How long a partition pauses after its handler has failed. */
const REST_MS = 1_000;
/** The same after records that cannot be read: only an operator's decision will change the result. */
const UNREADABLE_REST_MS = 5_000;
/**
 * kafkajs fetches and sends heartbeats only once every partition is done. A partition that takes longer than
 * this continues in the background. The time is a third of the session timeout. If it were shorter, a large
 * batch would each time wait for the end of a fetch without its partition.
 */
const ALONE_AFTER_MS = 3_000;

type Work = Pick<ConsumeOptions, 'onBatch' | 'onUnreadable'>;

export interface BatchHandler {
  handle: (payload: EachBatchPayload) => Promise<void>;
  /** The group reassigns its partitions: from now on, work in progress may belong to another member. */
  leave: () => void;
  /** Resolves once no work is in progress. */
  settled: () => Promise<unknown>;
}

/** Passes the fetched records of each partition to the handler, such that no partition waits for another. */
export function createBatchHandler(work: Work, ending: AbortSignal): BatchHandler {
  let member = new AbortController();
  const running = new Set<Promise<unknown>>();

  const handle = async (payload: EachBatchPayload): Promise<void> => {
    const done = passRecords(payload, work, { ending, left: member.signal });
    running.add(done);
    done.finally(() => running.delete(done)).catch(() => undefined);
    if ((await within(ALONE_AFTER_MS, done)) === 0) return;
    const resume = payload.pause();
    // An error here comes from the commit: the offsets are committed with the next ones, or the records come
    // again.
    void done
      .catch(() => REST_MS)
      .then((ms) => pause(ms, ending))
      .then(resume);
  };
  return {
    handle,
    leave: () => {
      member.abort(new Error('the group reassigns its partitions'));
      member = new AbortController();
    },
    settled: () => Promise.allSettled(running),
  };
}

/**
 * Passes the records of one partition to the handler in order. Offsets are resolved, and so committed, only
 * after records that were handled; the others are fetched again after a pause.
 * @param left aborts when the partition may belong to another member: then this one must no longer commit its
 *   offsets
 * @returns how long the partition must pause, in milliseconds
 */
async function passRecords(
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
      // The handler has logged the error. Here it only matters that nothing is skipped.
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
  throw new Error('there is no handler for records that cannot be read');
};
