import { isNewer, updateRfmScores, type NewRfmScore, type RfmOutcome, type Tx } from '@core/db';
import type { CustomerId, Instant, MerchantId, RfmThresholds } from '@core/contracts';
import { invalid } from '@core/runtime';
import { latestTime, recordChanges, type CommandContext } from '../core/index.ts';
import { readThresholds, segmentOf } from '../settings/index.ts';

export interface ApplyRfmScore {
  merchantId: MerchantId;
  customerId: CustomerId;
  score: {
    /** 1-5 each. */
    recency: number;
    frequency: number;
    monetary: number;
    /** Absent: derived from the merchant's thresholds. */
    segment?: string | undefined;
    asOf: Instant;
    sequence?: bigint | undefined;
    configVersion?: number | undefined;
  };
}

/** A score with its own context: each event of a batch has its own id and trace. */
export interface ScoreToApply {
  ctx: CommandContext;
  input: ApplyRfmScore;
}

/**
 * Stores the scores that are newer than the stored ones, all in one statement. If several are for one
 * customer, the newest counts, and the others are not_newer. Each customer whose score changed gets one event
 * and one audit row, or shares the audit row where they are many. A newer score with the same values gets
 * neither (see updateRfmScores).
 * @returns the outcome of each score, in the order given
 * @throws CoreError invalid_argument naming the field
 */
export async function applyRfmScores(tx: Tx, scores: readonly ScoreToApply[]): Promise<RfmOutcome[]> {
  for (const { input } of scores) checkRfmScore(input);
  const candidates = await toStored(tx, scores);
  const newest = newestOfEach(candidates);
  const updates = await updateRfmScores(tx, [...newest.values()]);
  const updated = new Map([...newest.keys()].map((customer, i) => [customer, updates[i]]));
  await recordChanges(
    tx,
    [...newest].flatMap(([customer, { ctx, merchantId, customerId }]) => {
      const { outcome, version } = updated.get(customer) ?? {};
      if (outcome !== 'applied' || !version) return [];
      const change = {
        merchantId,
        customerId,
        version,
        changedFields: ['rfm_score'],
        origin: 'rfm' as const,
      };
      return [{ ctx, change, audit: { action: 'customer.score' } }];
    }),
    { flood: true },
  );
  return candidates.map((candidate) => {
    const customer = keyOf(candidate);
    const outcome = updated.get(customer)?.outcome ?? 'unknown';
    if (candidate === newest.get(customer)) return outcome;
    // The older scores share the outcome of the newest: the customer is unknown or erased for them too.
    return outcome === 'unknown' || outcome === 'erased' ? outcome : 'not_newer';
  });
}

/**
 * Checks a score. A sequence is a counter, or at most a clock in nanoseconds: a value beyond that of such a
 * clock in a day is neither.
 * @throws CoreError invalid_argument naming the field
 */
export function checkRfmScore({ score }: ApplyRfmScore, now = Date.now()): void {
  const { recency, frequency, monetary, asOf, sequence } = score;
  const latest = latestTime(now);
  for (const [name, value] of Object.entries({ recency, frequency, monetary })) {
    if (!Number.isInteger(value) || value < 1 || value > 5) {
      throw invalid(`rfm_score.${name}`, 'must be 1 to 5');
    }
  }
  if (!INSTANT.test(asOf)) throw invalid('rfm_score.as_of', 'must be a time in UTC');
  if (Date.parse(asOf) > latest) throw invalid('rfm_score.as_of', 'must be at most a day from now');
  if (sequence !== undefined && sequence > BigInt(latest) * NANOS_OF_MS) {
    throw invalid('rfm_score.sequence', 'must be at most a day from now, in nanoseconds since 1970');
  }
}

/** Times are compared as text, see updateRfmScores. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
const NANOS_OF_MS = 1_000_000n;

type Candidate = NewRfmScore & { ctx: CommandContext };

async function toStored(tx: Tx, scores: readonly ScoreToApply[]): Promise<Candidate[]> {
  const thresholds = await readThresholds(
    tx,
    scores.filter(({ input }) => !input.score.segment).map(({ input }) => input.merchantId),
  );
  return scores.map(({ ctx, input: { merchantId, customerId, score } }) => ({
    ctx,
    merchantId,
    customerId,
    score: asStored(score, thresholds.get(merchantId)),
  }));
}

const asStored = (
  score: ApplyRfmScore['score'],
  thresholds: RfmThresholds | undefined,
): Candidate['score'] => {
  const { recency, frequency, monetary, asOf, sequence, configVersion } = score;
  return {
    recency,
    frequency,
    monetary,
    score: `${recency}${frequency}${monetary}`,
    segment: score.segment || (thresholds ? segmentOf(thresholds, recency, frequency, monetary) : ''),
    as_of: asOf,
    ...(sequence === undefined ? {} : { sequence: String(sequence) }),
    ...(configVersion === undefined ? {} : { config_version: configVersion }),
  };
};

const keyOf = ({ merchantId, customerId }: NewRfmScore): string => `${merchantId}/${customerId}`;

function newestOfEach(candidates: readonly Candidate[]): Map<string, Candidate> {
  const newest = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const best = newest.get(keyOf(candidate));
    if (!best || isNewer(candidate.score, best.score)) newest.set(keyOf(candidate), candidate);
  }
  return newest;
}
