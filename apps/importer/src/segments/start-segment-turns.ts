import { inTransaction } from '@core/db';
import { claimSegmentSyncs } from '@core/domain';
import { startLoop } from '@core/runtime';
import { takeSegmentTurn, type SegmentDeps, type SegmentPace } from './take-segment-turn.ts';

/** Shops that one importer writes to at once. They wait for replies and limits, and hold no page's slot. */
const MOST = 4;
const POLL_EVERY_MS = 500;

export const SEGMENT_PACE: SegmentPace = { checkEveryMs: 15_000, settleMs: 10 * 60_000 };

/**
 * Writes segments to shops, in turns that are claimed in PostgreSQL. `stop` ends the requests in progress
 * and returns the syncs.
 */
export function startSegmentTurns(deps: SegmentDeps): { stop(): Promise<void> } {
  const { pool, log } = deps;
  const turns = new Set<Promise<void>>();
  const loop = startLoop({
    name: 'segments to shops',
    log,
    every: POLL_EVERY_MS,
    work: async () => {
      const most = MOST - turns.size;
      if (most === 0) return;
      for (const sync of await inTransaction(pool, (tx) => claimSegmentSyncs(tx, { most }))) {
        const turn = takeSegmentTurn(deps, sync).finally(() => turns.delete(turn));
        turns.add(turn);
      }
    },
  });
  return {
    async stop() {
      await loop.stop();
      await Promise.all(turns);
    },
  };
}
