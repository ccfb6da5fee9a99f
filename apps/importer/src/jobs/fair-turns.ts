/** Decides which run may use the next free slot of this process. Jobs of one run are jobs of one shop: a shop has one run at a time. */
export interface FairTurns {
  /** Takes a slot; false: the run has what it may have, and the job stands in its line. */
  begin(run: string, job: string): boolean;
  /** Gives the slot back. @returns the job whose turn it is now, to be called at once */
  end(run: string): string | undefined;
}

/** How long a job stands in line without being called; it may have gone to another process, or be gone. */
export const TURN_MS = 1_000;

interface Line {
  busy: number;
  /** Jobs in the order they came, and when each is given up. */
  waiting: Map<string, number>;
  /** When it had work last: between two pages of a slice a run has none. */
  seenAt: number;
}

/**
 * Shares out the slots of one process among the runs that have work here: one share each, and one for the run
 * that comes next, so that slices of a shop that hangs or is slow never hold all of them. Each share counts
 * as full as its run can fill it; the slots left over go to any run that asks: many small runs leave few
 * slots idle, and take them back page by page. Within a run, jobs take turns in the order they came; without
 * a queue, a slice that just finished would be back first each time.
 * Rejected: a fixed number of pages per shop (three slow shops of eight, or one fast shop at half speed); the left-over
 * slots too for a run that is alone (it would hold a newcomer's share until its slow pages end); BullMQ's limiter (it
 * pauses all shops).
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
  /** The slots that a run holds or may claim at any moment: its share, as far as it has jobs for it. */
  const claimOf = ({ busy, waiting }: Line, share: number) =>
    Math.max(busy, Math.min(share, Math.max(1, busy + waiting.size)));
  const leftOver = (share: number) => {
    let left = slots - share;
    for (const line of lines.values()) left -= claimOf(line, share);
    return Math.max(0, left);
  };
  /** How many slots each run may have. */
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
        // The run with the fewest slots comes first; among equals, the run that gave this one back.
        .sort(([a, x], [b, y]) => x.busy - y.busy || Number(b === run) - Number(a === run));
      return next?.[1].waiting.keys().next().value;
    },
  };
}
