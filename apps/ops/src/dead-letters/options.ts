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

/** Options that select dead letters. */
export const DEAD_LETTER_OPTIONS = {
  topic: text('<topic>', 'only dead letters of this topic; with or without .dlq'),
  reason: oneOf(REASONS, 'only this reason'),
  partition: integer('only this partition of the dead-letter topic', { max: 100_000 }),
  offset: integer('only the record at this offset of --topic and --partition'),
  since: pastTime(
    'only dead letters written at this time or later: 2026-01-02T03:04:05Z, or 15m, 2h, 3d ago',
  ),
  limit: integerOr(100, 'maximum number of records, oldest first', { min: 1, max: 10_000 }),
};

export interface Selection {
  topic: string | undefined;
  reason: string | undefined;
  partition: number | undefined;
  offset: bigint | undefined;
  since: Date | undefined;
  limit: number;
  /** Whether to include redriven and dropped dead letters. */
  resolvedToo: boolean;
}

/** @throws UsageError when the position is incomplete */
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
