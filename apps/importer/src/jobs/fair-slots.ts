/**
 * Decides which run may use the next free slot of this process. Jobs of one run are jobs of one shop: a shop
 * has one run at a time.
 */
export interface FairSlots {
  /**
   * Acquires a slot. Returns false when the run has used its allowance; the job then waits in the run's
   * queue.
   */
  begin(run: string, job: string): boolean;
  /** Releases the slot. @returns the job that is next; the caller must promote it immediately */
  end(run: string): string | undefined;
}

/**
 * How long a job waits in a queue without being promoted. It may have moved to another process or been
 * deleted.
 */
export const QUEUE_WAIT_MS = 1_000;

interface RunQueue {
  busy: number;
  /** Jobs in order of arrival, each with the time at which it is dropped from the queue. */
  waiting: Map<string, number>;
  /** When the run last had work. Between two pages of a slice it has none. */
  seenAt: number;
}

/**
 * Shares the slots of one process among the runs that have work here. Each run has one share, and one share
 * is reserved for the next run. The slices of a slow or unresponsive shop therefore never occupy all slots. A
 * share counts only as far as its run can fill it. The remaining slots go to any run that requests one. Many
 * small runs leave few slots idle, and they get slots back page by page. Within a run, jobs are served in
 * order of arrival. Without a queue, a slice that has just finished would always be served first.
 * Rejected: a fixed number of pages per shop (three slow shops of eight, or one fast shop at half speed);
 * giving the remaining slots also to a run that is alone (it would hold a new run's share until its slow
 * pages end); BullMQ's limiter (it pauses all shops).
 */
export function createFairSlots(slots: number, now: () => number = Date.now): FairSlots {
  const queues = new Map<string, RunQueue>();
  const dropExpired = () => {
    for (const [run, { busy, waiting, seenAt }] of queues) {
      for (const [job, until] of waiting) if (until <= now()) waiting.delete(job);
      if (busy === 0 && waiting.size === 0 && seenAt + QUEUE_WAIT_MS <= now()) queues.delete(run);
    }
  };
  const shareNow = () => Math.max(1, Math.floor(slots / (queues.size + 1)));
  /** The slots that a run holds or may claim at any moment: its share, limited by the jobs that it has. */
  const claimOf = ({ busy, waiting }: RunQueue, share: number) =>
    Math.max(busy, Math.min(share, Math.max(1, busy + waiting.size)));
  const leftOver = (share: number) => {
    let left = slots - share;
    for (const queue of queues.values()) left -= claimOf(queue, share);
    return Math.max(0, left);
  };
  /** Returns a function that computes how many slots a run may have. */
  const allowances = () => {
    const share = shareNow();
    const left = leftOver(share);
    return (queue: RunQueue) => Math.max(share, claimOf(queue, share) + left);
  };
  return {
    begin(run, job) {
      dropExpired();
      const queue = queues.get(run) ?? { busy: 0, waiting: new Map<string, number>(), seenAt: now() };
      queues.set(run, queue);
      const ahead = [...queue.waiting.keys()].indexOf(job);
      if (queue.busy + (ahead < 0 ? queue.waiting.size : ahead) < allowances()(queue)) {
        queue.waiting.delete(job);
        queue.busy += 1;
        return true;
      }
      queue.waiting.set(job, now() + 2 * QUEUE_WAIT_MS);
      return false;
    },
    end(run) {
      const queue = queues.get(run);
      if (queue) Object.assign(queue, { busy: queue.busy - 1, seenAt: now() });
      dropExpired();
      const allowance = allowances();
      const [next] = [...queues]
        .filter(([, { waiting }]) => waiting.size > 0)
        .filter(([, each]) => each.busy < allowance(each))
        // The run with the fewest slots comes first. Among equals, the run that released this slot comes
        // first.
        .sort(([a, x], [b, y]) => x.busy - y.busy || Number(b === run) - Number(a === run));
      return next?.[1].waiting.keys().next().value;
    },
  };
}
