import type { RfmOutcome, Tx } from '@core/db';
import { notFound } from '@core/runtime';
import type { CommandContext } from '../core/index.ts';
import { applyRfmScores, type ApplyRfmScore } from './apply-rfm-scores.ts';

/**
 * Stores a score if it is newer than the one there; one that is not, or says the same, emits nothing.
 * @throws CoreError invalid_argument naming the field; not_found for a customer that never was
 */
export async function applyRfmScore(
  tx: Tx,
  ctx: CommandContext,
  input: ApplyRfmScore,
): Promise<Exclude<RfmOutcome, 'unknown'>> {
  const [outcome] = await applyRfmScores(tx, [{ ctx, input }]);
  if (!outcome || outcome === 'unknown') throw notFound('customer');
  return outcome;
}
