import { withoutLast } from '@core/contracts';
import type { StoredRfmScore } from '../schema/index.ts';
import type { Reader } from '../transaction.ts';

export interface NewRfmScore {
  merchantId: string;
  customerId: string;
  score: StoredRfmScore;
}

/**
 * - applied: newer than the stored one and different, or the first; the version is raised
 * - unchanged: newer, and says the same: only its as_of, sequence and config_version are stored
 * - not_newer: older by sequence when both have one, else by as_of; see NEWER
 * - erased: the customer is deleted or erased
 * - unknown: no such customer of this merchant
 */
export type RfmOutcome = 'applied' | 'unchanged' | 'not_newer' | 'erased' | 'unknown';

export interface RfmUpdate {
  outcome: RfmOutcome;
  /** The customer's, after it; null for an unknown one. */
  version: number | null;
}

/**
 * A sequence that is far too high, or that its producer restarted, would freeze its customer for ever: after
 * this time as_of decides. It equals the retention of the topic, so that late and redriven records are within
 * it. Rejected: an upper bound of the sequence alone, because a counter that stands at 17 is held back by
 * every number above that.
 */
const SEQUENCE_HOLDS_DAYS = 7;

/**
 * SQL: the order of a stored as_of, to the nanosecond, as a text. Without its last zeros a time in UTC sorts as itself,
 * however many decimals it has. Rejected: timestamptz, which rounds to microseconds and costs more to parse.
 */
const order = (asOf: string): string => `rtrim(${asOf}, '0.Z') collate "C"`;

/**
 * SQL: whether `score` replaces `stored`. A stored as_of in the future was written by a build that accepted
 * it: it holds back no score.
 */
const NEWER = `(
  case when stored ? 'sequence' and score ? 'sequence'
       then (score ->> 'sequence')::bigint > (stored ->> 'sequence')::bigint
       else ${order(`score ->> 'as_of'`)} > ${order(`stored ->> 'as_of'`)} end
  or ${order('week_before')} > ${order(`stored ->> 'as_of'`)}
  or (stored ->> 'as_of')::timestamptz > now() + interval '1 day')`;

/**
 * Stores each score that is newer than the one there, in one statement: a read before it could be outrun by
 * another consumer. Rows are locked in the order of their ids, so that two batches wait for each other instead
 * of deadlocking. A score that says the same raises no version: customer.updated makes RFM Analytics send the
 * score again, which would go round for ever.
 * @param scores at most one of a customer
 * @returns what became of each, in the order given
 */
export async function updateRfmScores(reader: Reader, scores: readonly NewRfmScore[]): Promise<RfmUpdate[]> {
  if (scores.length === 0) return [];
  return reader.query<RfmUpdate>(
    `with given as (
       select * from unnest($1::uuid[], $2::uuid[], $3::jsonb[], $4::text[]) with ordinality
                       as given (merchant_id, id, score, week_before, nr)
     ), locked as materialized (
       select c.merchant_id, c.id, c.version, c.rfm_score as stored, given.score, given.week_before,
              c.deleted_at is not null or c.erased_at is not null as gone
         from given join customers c using (merchant_id, id)
        order by c.id for update of c
     ), judged as (
       select *, case
           when gone then 'erased'
           when stored is null then 'applied'
           when not ${NEWER} then 'not_newer'
           when stored ->> 'score' = score ->> 'score' and stored ->> 'segment' = score ->> 'segment'
             then 'unchanged'
           else 'applied' end as outcome
         from locked
     ), written as (
       update customers c
          set version = c.version + case outcome when 'applied' then 1 else 0 end,
              rfm_score = score || case
                when stored is null or stored ->> 'segment' = score ->> 'segment'
                then jsonb_strip_nulls(jsonb_build_object('previous_segment', stored -> 'previous_segment'))
                else jsonb_build_object('previous_segment', stored -> 'segment') end
         from judged
        where c.merchant_id = judged.merchant_id and c.id = judged.id and outcome in ('applied', 'unchanged')
       returning c.merchant_id, c.id, c.version
     )
     select coalesce(outcome, 'unknown') as outcome, coalesce(written.version, judged.version) as version
       from given left join judged using (merchant_id, id) left join written using (merchant_id, id)
      order by given.nr`,
    [
      scores.map(({ merchantId }) => merchantId),
      scores.map(({ customerId }) => customerId),
      scores.map(({ score }) => JSON.stringify(score)),
      scores.map(({ score }) => weekBefore(score.as_of)),
    ],
    'update_rfm_scores',
  );
}

/** Whether `one` replaces `other`: the rule of updateRfmScores, for two of one batch. */
export function isNewer(one: StoredRfmScore, other: StoredRfmScore): boolean {
  const longAfter = orderOf(weekBefore(one.as_of)) > orderOf(other.as_of);
  if (one.sequence === undefined || other.sequence === undefined) {
    return longAfter || orderOf(one.as_of) > orderOf(other.as_of);
  }
  return longAfter || BigInt(one.sequence) > BigInt(other.sequence);
}

const orderOf = (asOf: string): string => withoutLast(asOf, '0.Z');

/** The same time of day, SEQUENCE_HOLDS_DAYS earlier: what it has beyond milliseconds stays as it is. */
function weekBefore(asOf: string): string {
  const second = Date.parse(`${asOf.slice(0, SECONDS)}Z`) - SEQUENCE_HOLDS_DAYS * DAY_MS;
  return new Date(second).toISOString().slice(0, SECONDS) + asOf.slice(SECONDS);
}

const SECONDS = '2026-01-02T03:04:05'.length;
const DAY_MS = 86_400_000;
