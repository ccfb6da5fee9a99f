import { SIGNATURE_REASONS } from '@core/events';
import { UsageError } from '../cli/errors.ts';
import { integer, integerOr, oneOf, pastTime, text, type Values } from '../cli/option.ts';

const REASONS = [
  'malformed',
  'invalid',
  'id_reused',
  'unknown_customer',
  'unsupported_kind',
  ...SIGNATURE_REASONS,
  'transient_exhausted',
  'unreadable',
  'unforeseen',
] as const;

/** Which dead letters are meant. */
export const DEAD_LETTER_OPTIONS = {
  topic: text('<topic>', "of this topic's dead letters alone; with or without .dlq"),
  reason: oneOf(REASONS, 'of this reason alone'),
  partition: integer('of this partition of the dead-letter topic alone', { max: 100_000 }),
  offset: integer('the one at this offset of --topic and --partition'),
  since: pastTime('that became dead letters at this time or later: 2026-01-02T03:04:05Z, or 15m, 2h, 3d ago'),
  limit: integerOr(100, 'at most so many, the oldest first', { min: 1, max: 10_000 }),
};

export interface Selection {
  topic: string | undefined;
  reason: string | undefined;
  partition: number | undefined;
  offset: bigint | undefined;
  since: Date | undefined;
  limit: number;
  /** Those that were redriven or dropped, too. */
  resolvedToo: boolean;
}

/** @throws UsageError when a position is only half named */
export function selectionOf(values: Values<typeof DEAD_LETTER_OPTIONS>, resolvedToo: boolean): Selection {
  const { topic, reason, partition, offset, since, limit } = values;
  if (offset !== undefined && partition === undefined) throw new UsageError('--offset: needs --partition');
  if (partition !== undefined && topic === undefined) throw new UsageError('--partition: needs --topic');
  return {
    topic: topic === undefined || topic.endsWith('.dlq') ? topic : `${topic}.dlq`,
    reason,
    partition,
    offset: offset === undefined ? undefined : BigInt(offset),
    since: since === undefined ? undefined : new Date(since),
    limit,
    resolvedToo,
  };
}
