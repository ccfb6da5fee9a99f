import { measureRounds, type Measured } from '../rounds.ts';
import type { SuiteOptions } from '../suite.ts';
import type { ScalingDatabase } from './open-server.ts';
import { pointRead, type PlanMode } from './point-read.ts';
import { WORK, workOf, type Work } from './work.ts';

/** The number of hash partitions of the table customers in the partitioned database. */
export const PARTITIONS = 16;

export interface Compared {
  one: ScalingDatabase;
  /** A database with the same rows, hash-partitioned by merchant. */
  parts: ScalingDatabase;
  /** A database with the same rows in one table, without the index of scores. */
  lean: ScalingDatabase;
}

type Side = 'one' | 'parts';
type Plans = 'generic' | 'custom';
export type Contestant = `${Side}_${Work | Plans}` | 'lean_scores';

const MODES: Record<Plans, PlanMode> = { generic: 'force_generic_plan', custom: 'force_custom_plan' };

/**
 * Runs each kind of work on one table and right after it on the other, so that a disturbance affects both.
 */
export async function compare(
  { one, parts, lean }: Compared,
  customers: number,
  { rounds, seconds, say }: Pick<SuiteOptions, 'rounds' | 'seconds' | 'say'>,
): Promise<Record<Contestant, Measured>[]> {
  const options = { customers, seconds };
  const all = { one: workOf(one, options), parts: workOf(parts, options) };
  const contestants: Partial<Record<Contestant, () => Promise<Measured>>> = {};
  for (const work of WORK) {
    contestants[`one_${work}`] = all.one[work];
    contestants[`parts_${work}`] = all.parts[work];
    if (work === 'scores') contestants.lean_scores = workOf(lean, options).scores;
  }
  for (const plans of Object.keys(MODES) as Plans[]) {
    contestants[`one_${plans}`] = pointRead(one, MODES[plans], options);
    contestants[`parts_${plans}`] = pointRead(parts, MODES[plans], options);
  }
  say('warming up'); // no page of a copied database is in the buffers yet
  for (const each of Object.values(contestants)) await each();
  return measureRounds(contestants as Record<Contestant, () => Promise<Measured>>, rounds, say);
}
