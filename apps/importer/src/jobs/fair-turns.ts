/** Who may use a place of this process next. Jobs of one run are jobs of one shop: a shop has one run at a time. */
export interface FairTurns {
  /** Takes a place; false: the run has its share, and the job stands in its line. */
  begin(run: string, job: string): boolean;
  /** Gives the place back. @returns the job that is first in the run's line, to be called at once */
  end(run: string): string | undefined;
}

/** How long a job stands in line without being called; it may have gone to another process, or be gone. */
export const TURN_MS = 1_000;

interface Line {
  busy: number;
  /** Jobs in the order they came, and when each is given up. */
  waiting: Map<string, number>;
}

/**
 * Shares out the places of one process among the runs that have work here: one share each, and one for the run that
 * comes next, so that slices of a shop that hangs or is slow never hold all of them. Within a run jobs take turns
 * in the order they came; without a line, a slice that just finished would be back first each time.
 * Rejected: a fixed number of pages per shop (three slow shops of eight, or one fast shop at half speed); BullMQ's
 * limiter (it pauses all shops).
 */
export function createFairTurns(places: number, now: () => number = Date.now): FairTurns {
  const lines = new Map<string, Line>();
  const forgetGone = () => {
    for (const [run, { busy, waiting }] of lines) {
      for (const [job, until] of waiting) if (until <= now()) waiting.delete(job);
      if (busy === 0 && waiting.size === 0) lines.delete(run);
    }
  };
  return {
    begin(run, job) {
      forgetGone();
      const line = lines.get(run) ?? { busy: 0, waiting: new Map<string, number>() };
      lines.set(run, line);
      const share = Math.max(1, Math.floor(places / (lines.size + 1)));
      const ahead = [...line.waiting.keys()].indexOf(job);
      if (line.busy + (ahead < 0 ? line.waiting.size : ahead) < share) {
        line.waiting.delete(job);
        line.busy += 1;
        return true;
      }
      line.waiting.set(job, now() + 2 * TURN_MS);
      return false;
    },
    end(run) {
      const line = lines.get(run);
      if (line) line.busy -= 1;
      forgetGone();
      return line?.waiting.keys().next().value;
    },
  };
}
