import { coreRepository, type StoredRfmScore, type Tx } from '@core/db';
import { invalid, notFound } from '@core/runtime';
import type { CommandContext } from '../context.ts';
import { getProgramSettings } from '../queries/get-program-settings.ts';
import { segmentOf } from '../settings/segments.ts';
import { recordChange } from './record-change.ts';

export interface ApplyRfmScore {
  merchantId: string;
  customerId: string;
  score: {
    /** 1-5 each. */
    recency: number;
    frequency: number;
    monetary: number;
    /** Absent: the merchant's thresholds give it. */
    segment?: string | undefined;
    asOf: Date;
    sequence?: bigint | undefined;
    configVersion?: number | undefined;
  };
}

export type RfmOutcome = 'applied' | 'not_newer' | 'erased';

/**
 * Stores a score if it is newer than the one there; an older or equal one changes and emits nothing.
 * @throws CoreError invalid_argument naming the field; not_found for a customer that never was
 */
export async function applyRfmScore(tx: Tx, ctx: CommandContext, input: ApplyRfmScore): Promise<RfmOutcome> {
  const { merchantId, customerId } = input;
  const score = await toStored(tx, input);
  const row = await coreRepository(tx).updateRFMScore(merchantId, customerId, score);
  if (!row) return whyNot(tx, merchantId, customerId);
  await recordChange(
    tx,
    ctx,
    { merchantId, customerId, version: row.version, changedFields: ['rfm_score'], origin: 'rfm' },
    { action: 'customer.score' },
  );
  return 'applied';
}

async function toStored(tx: Tx, { merchantId, score }: ApplyRfmScore): Promise<StoredRfmScore> {
  const { recency, frequency, monetary } = score;
  for (const [name, value] of Object.entries({ recency, frequency, monetary })) {
    if (!Number.isInteger(value) || value < 1 || value > 5)
      throw invalid(`rfm_score.${name}`, 'must be 1 to 5');
  }
  if (Number.isNaN(score.asOf.getTime())) throw invalid('rfm_score.as_of', 'must be a time');
  const segment =
    score.segment ||
    segmentOf((await getProgramSettings(tx, { merchantId })).thresholds, recency, frequency, monetary);
  return {
    recency,
    frequency,
    monetary,
    score: `${recency}${frequency}${monetary}`,
    segment,
    as_of: score.asOf.toISOString(),
    ...(score.sequence === undefined ? {} : { sequence: String(score.sequence) }),
    ...(score.configVersion === undefined ? {} : { config_version: score.configVersion }),
  };
}

async function whyNot(tx: Tx, merchantId: string, customerId: string): Promise<RfmOutcome> {
  const [row] = await tx.query<{ gone: boolean }>(
    `select erased_at is not null or deleted_at is not null as gone
       from customers where merchant_id = $1 and id = $2`,
    [merchantId, customerId],
  );
  if (!row) throw notFound('customer');
  return row.gone ? 'erased' : 'not_newer';
}
