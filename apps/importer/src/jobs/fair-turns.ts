/**
 * Decides which run may use the next free slot of this process. Jobs of one run are jobs of one shop: a shop
 * has one run at a time.
 */
export interface FairTurns {
  /**
   * Acquires a slot. Returns false when the run has used its allowance; the job then waits in the run's line.
   */
  begin(run: string, job: string): boolean;
  /** Releases the slot. @returns the job that is next; the caller must promote it immediately */
  end(run: string): string | undefined;
}

/**
 * How long a job waits in line without being promoted. It may have moved to another process or been deleted.
 */
export const TURN_MS = 1_000;

interface Line {
  busy: number;
  /** Jobs in order of arrival, each with the time at which it is dropped from the line. */
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
export function createFairTurns(slots: number, now: () => number = Date.now): FairTurns {
  const lines = new Map<string, Line>();
  const forgetGone = () => {
    for (const [run, { busy, waiting, seenAt }] of lines) {
      for (const [job, until] of waiting) if (until <= now()) waiting.delete(job);
      if (busy === 0 && waiting.size === 0 && seenAt + TURN_MS <= now()) lines.delete(run);
    }
  };
  const shareNow = () => Math.max(1, Math.floor(slots / (lines.size + 1)));
  /** The slots that a run holds or may claim at any moment: its share, limited by the jobs that it has. */
  const claimOf = ({ busy, waiting }: Line, share: number) =>
    Math.max(busy, Math.min(share, Math.max(1, busy + waiting.size)));
  const leftOver = (share: number) => {
    let left = slots - share;
    for (const line of lines.values()) left -= claimOf(line, share);
    return Math.max(0, left);
  };
  /** Returns a function that computes how many slots a run may have. */
  const allowances = () => {
    const share = shareNow();
    const left = leftOver(share);
    return (line: Line) => Math.max(share, claimOf(line, share) + left);
  };
  return {
    begin(run, job) {
      forgetGone();
      const line = lines.get(run) ?? { busy: 0, waiting: new Map<string, number>(), seenAt: now() };
      lines.set(run, line);
      const ahead = [...line.waiting.keys()].indexOf(job);
      if (line.busy + (ahead < 0 ? line.waiting.size : ahead) < allowances()(line)) {
        line.waiting.delete(job);
        line.busy += 1;
        return true;
      }
      line.waiting.set(job, now() + 2 * TURN_MS);
      return false;
    },
    end(run) {
      const line = lines.get(run);
      if (line) Object.assign(line, { busy: line.busy - 1, seenAt: now() });
      forgetGone();
      const allowance = allowances();
      const [next] = [...lines]
        .filter(([, { waiting }]) => waiting.size > 0)
        .filter(([, each]) => each.busy < allowance(each))
        // The run with the fewest slots comes first. Among equals, the run that released this slot comes
        // first.
        .sort(([a, x], [b, y]) => x.busy - y.busy || Number(b === run) - Number(a === run));
      return next?.[1].waiting.keys().next().value;
    },
  };
}
