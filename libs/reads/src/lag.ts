/** The primary's position was `lsn` when its answer arrived, at `at` milliseconds. */
interface Sample {
  lsn: bigint;
  at: number;
}

/** Longer lags need no distinction: all are far too long. */
const REMEMBERED_MS = 10_000;

/** The primary's positions in the last seconds, from which a replica's lag is measured. */
export interface PrimaryTrail {
  add(lsn: bigint, at: number): void;
  /**
   * Returns how old a standby's data is: the time between the newest sample it has replayed and the newest
   * sample. Rejected: `now() - pg_last_xact_replay_timestamp()`, which grows while the primary is idle and
   * compares two clocks. While the primary is down there are no newer samples, so lags do not change.
   * @returns milliseconds; Infinity when the standby has reached none of the samples
   */
  lagOf(lsn: bigint): number;
  /** Returns the number of bytes that a standby has not replayed. */
  distanceOf(lsn: bigint): number;
}

export function createPrimaryTrail(): PrimaryTrail {
  const samples: Sample[] = [];
  return {
    add(lsn, at) {
      samples.push({ lsn, at });
      while (samples.length > 2 && (samples[1] as Sample).at < at - REMEMBERED_MS) samples.shift();
    },
    lagOf(lsn) {
      const reached = samples.findLast((sample) => sample.lsn <= lsn);
      return reached ? (samples.at(-1) as Sample).at - reached.at : samples.length === 0 ? 0 : Infinity;
    },
    distanceOf: (lsn) => Math.max(0, Number((samples.at(-1)?.lsn ?? lsn) - lsn)),
  };
}
