import { sql, type SQL } from 'drizzle-orm';
import { withoutLast, type CustomerId, type MerchantId } from '@core/contracts';
import type { Reader } from '../reader.ts';
import { customers, type StoredRfmScore } from '../schema/index.ts';
import {
  assign,
  columns,
  many,
  numberedUnnest,
  relation,
  returning,
  statement,
  text,
} from '../statement/index.ts';
import { isLive } from './is-live.ts';

export interface NewRfmScore {
  merchantId: MerchantId;
  customerId: CustomerId;
  score: StoredRfmScore;
}

/**
 * - applied: newer than the stored score and different, or the first one; the version is raised
 * - unchanged: newer, with the same content: only its as_of, sequence and config_version are stored
 * - not_newer: older by sequence when both have one, otherwise by as_of; see isNewerThan
 * - erased: the customer is deleted or erased
 * - unknown: no such customer of this merchant
 */
export type RfmOutcome = 'applied' | 'unchanged' | 'not_newer' | 'erased' | 'unknown';

export interface RfmUpdate {
  outcome: RfmOutcome;
  /** The customer's version after the update; null for an unknown customer. */
  version: number | null;
}

/**
 * How long a sequence decides. A sequence that is far too high, or that its producer restarted, would freeze
 * its customer for ever: after this time as_of decides. It equals the retention of the topic, so that late
 * and redriven records are within it. Rejected: only an upper bound of the sequence, because a counter that
 * stands at 17 is blocked by every higher number.
 */
const SEQUENCE_HOLDS_DAYS = 7;

/**
 * Returns the sort key of a stored as_of, to the nanosecond, as a text. Without its trailing zeros a time in
 * UTC sorts as text, however many decimals it has. Rejected: timestamptz, which rounds to microseconds and
 * costs more to parse.
 */
const order = (asOf: SQL): SQL => sql`rtrim(${asOf}, '0.Z') collate "C"`;

/**
 * Condition for `score` to replace `stored`. A stored as_of in the future was written by a build that
 * accepted it: it does not block any score.
 */
const isNewerThan = (score: SQL, stored: SQL, weekBefore: SQL): SQL => sql`(
  case when ${stored} ? 'sequence' and ${score} ? 'sequence'
       then (${score} ->> 'sequence')::bigint > (${stored} ->> 'sequence')::bigint
       else ${order(sql`${score} ->> 'as_of'`)} > ${order(sql`${stored} ->> 'as_of'`)} end
  or ${order(weekBefore)} > ${order(sql`${stored} ->> 'as_of'`)}
  or (${stored} ->> 'as_of')::timestamptz > now() + interval '1 day')`;

const UPDATE = statement({
  name: 'update_rfm_scores',
  crosses: 'batches',
  params: {
    merchantIds: many(customers.merchantId),
    ids: many(customers.id),
    scores: many(customers.rfmScore),
    weeksBefore: many(text),
  },
  text(p) {
    const sent = numberedUnnest('sent', {
      merchantId: p.merchantIds,
      id: p.ids,
      score: p.scores,
      weekBefore: p.weeksBefore,
    });
    // A CTE, because the rows are read twice but unnested once.
    const given = relation('given', sent);
    const { merchantId, id, version } = customers;
    const lockedRow = {
      merchantId,
      id,
      version,
      stored: customers.rfmScore,
      score: given.score,
      weekBefore: given.weekBefore,
      gone: sql<boolean>`not (${isLive()})`,
    };
    const locked = relation('locked', lockedRow);
    const isSame = (field: 'score' | 'segment') =>
      sql`${locked.stored} ->> ${field} = ${locked.score} ->> ${field}`;
    const decidedRow = {
      merchantId: locked.merchantId,
      id: locked.id,
      version: locked.version,
      stored: locked.stored,
      score: locked.score,
      outcome: sql<RfmOutcome>`case
        when ${locked.gone} then 'erased'
        when ${locked.stored} is null then 'applied'
        when not ${isNewerThan(locked.score, locked.stored, locked.weekBefore)} then 'not_newer'
        when ${isSame('score')} and ${isSame('segment')} then 'unchanged'
        else 'applied' end`,
    };
    const decided = relation('decided', decidedRow);
    const writtenRow = { merchantId, id, version };
    const written = relation('written', writtenRow);
    const score = sql`${decided.score} || case
      when ${decided.stored} is null or ${decided.stored} ->> 'segment' = ${decided.score} ->> 'segment'
      then jsonb_strip_nulls(jsonb_build_object('previous_segment', ${decided.stored} -> 'previous_segment'))
      else jsonb_build_object('previous_segment', ${decided.stored} -> 'segment') end`;
    const returned = {
      outcome: sql<RfmOutcome>`coalesce(${decided.outcome}, 'unknown')`,
      version: sql<number | null>`coalesce(${written.version}, ${decided.version})`,
    };
    return returning(
      returned,
      (row) => sql`
      with ${given} as (
        select ${columns(sent)} from ${sent}
      ), ${locked} as materialized (
        select ${columns(lockedRow)}
          from ${given} join ${customers} on ${customers.merchantId} = ${given.merchantId} and ${id} = ${given.id}
         order by ${id} for update of ${customers}
      ), ${decided} as (
        select ${columns(decidedRow)} from ${locked}
      ), ${written} as (
        update ${customers} set ${assign(customers, {
          version: sql`${version} + case ${decided.outcome} when 'applied' then 1 else 0 end`,
          rfmScore: score,
        })}
          from ${decided}
         where ${merchantId} = ${decided.merchantId} and ${id} = ${decided.id}
           and ${decided.outcome} in ('applied', 'unchanged')
        returning ${columns(writtenRow)}
      )
      select ${row} from ${given}
        left join ${decided} on ${decided.merchantId} = ${given.merchantId} and ${decided.id} = ${given.id}
        left join ${written} on ${written.merchantId} = ${given.merchantId} and ${written.id} = ${given.id}
       order by ${given.nr}`,
    );
  },
});

/**
 * Stores each score that is newer than the stored one, in one statement: a separate read could be outrun by
 * another consumer. Rows are locked in the order of their ids, so that two batches wait for each other
 * instead of deadlocking. An equal score does not raise the version: customer.updated makes RFM Analytics
 * send the score again, which would loop for ever.
 * @param scores at most one per customer
 * @returns the outcome of each, in the order given
 */
export async function updateRfmScores(reader: Reader, scores: readonly NewRfmScore[]): Promise<RfmUpdate[]> {
  if (scores.length === 0) return [];
  return reader.run(UPDATE, {
    merchantIds: scores.map(({ merchantId }) => merchantId),
    ids: scores.map(({ customerId }) => customerId),
    scores: scores.map(({ score }) => score),
    weeksBefore: scores.map(({ score }) => weekBefore(score.as_of)),
  });
}

/** Returns whether `one` replaces `other`: the rule of updateRfmScores, for two scores of one batch. */
export function isNewer(one: StoredRfmScore, other: StoredRfmScore): boolean {
  const longAfter = orderOf(weekBefore(one.as_of)) > orderOf(other.as_of);
  if (one.sequence === undefined || other.sequence === undefined) {
    return longAfter || orderOf(one.as_of) > orderOf(other.as_of);
  }
  return longAfter || BigInt(one.sequence) > BigInt(other.sequence);
}

const orderOf = (asOf: string): string => withoutLast(asOf, '0.Z');

/** Returns the time SEQUENCE_HOLDS_DAYS earlier. Digits beyond milliseconds stay as they are. */
function weekBefore(asOf: string): string {
  const second = Date.parse(`${asOf.slice(0, SECONDS)}Z`) - SEQUENCE_HOLDS_DAYS * DAY_MS;
  return new Date(second).toISOString().slice(0, SECONDS) + asOf.slice(SECONDS);
}

const SECONDS = '2026-01-02T03:04:05'.length;
const DAY_MS = 86_400_000;
