import type { DeadLetterReason } from '@core/events';
import { age, count, printable, table } from '../cli/print.ts';
import { bodyOf, recordLines } from '../events/record-lines.ts';
import type { DeadLetterView } from './dead-letter.ts';
import type { FoundDeadLetters } from './find-dead-letters.ts';

const HEADS = ['topic', 'partition', 'offset', 'reason', 'attempts', 'source', 'event id', 'age'];

/** Formats one line for each dead letter, with a column for the resolution if one of them is resolved. */
export function listLines(found: FoundDeadLetters, now = Date.now()): string[] {
  const { letters, total } = found;
  if (total === 0) return [emptyLine(found)];
  const withResolution = letters.some(({ resolved }) => resolved);
  return [
    ...table(
      withResolution ? [...HEADS, 'resolved'] : HEADS,
      letters.map((letter) => [
        letter.topic,
        letter.partition,
        letter.offset,
        orDash(letter.reason),
        orDash(letter.attempts),
        orDash([letter.sourceTopic, letter.sourcePosition].filter(Boolean).join('/')),
        orDash(letter.eventId),
        age((now - letter.at.getTime()) / 1_000),
        ...(withResolution ? [letter.resolved ? resolutionOf(letter.resolved) : '-'] : []),
      ]),
    ),
    ...(total > letters.length ? [`the oldest ${letters.length} of ${total}; --limit shows more`] : []),
  ];
}

/**
 * Explains an empty result, and reports what the filters exclude: a reason without letters is no empty topic.
 */
export function emptyLine({ leftOut, selection: { reason, since } }: FoundDeadLetters): string {
  const others = [...leftOut].sort(([a], [b]) => (a < b ? -1 : 1));
  if (others.length === 0) return 'no dead letters';
  const asked = [
    ...(reason === undefined ? [] : [`has the reason ${reason}`]),
    ...(since === undefined ? [] : [`is from ${since.toISOString()} or later`]),
  ];
  const letters = others.reduce((sum, [, each]) => sum + each, 0);
  const reasons = others.map(([each, n]) => `${orDash(each)} (${n})`).join(', ');
  return `none of ${count(letters, 'dead letter')} ${asked.join(' and ')}; the reasons are ${reasons}`;
}

/** Reports, after an action, how many dead letters beyond the limit remain. */
export const remainingLines = ({ letters, total }: FoundDeadLetters): string[] =>
  total > letters.length
    ? [`${total - letters.length} more remain; run the command again, or with a higher --limit`]
    : [];

const FAIL_AGAIN: readonly string[] = ['invalid', 'malformed'] satisfies DeadLetterReason[];

/** Warns about records that would only become new dead letters. */
export function failingLines(letters: readonly DeadLetterView[]): string[] {
  const failing = letters.filter(({ reason }) => FAIL_AGAIN.includes(reason)).length;
  if (failing === 0) return [];
  const [are, remedy] =
    failing === 1
      ? ['is', 'have its producer send it again, then drop it with dlq drop']
      : ['are', 'have their producer send them again, then drop them with dlq drop'];
  return [`${failing} of them ${are} invalid or malformed and will fail again: ${remedy}`];
}

/** Formats all details of each dead letter. */
export const showLines = (letters: readonly DeadLetterView[]): string[] =>
  letters.flatMap((letter, i) => [
    ...(i > 0 ? [''] : []),
    `${letter.topic} partition ${letter.partition} offset ${letter.offset}, ${letter.at.toISOString()}`,
    ...(letter.resolved ? [`resolved: ${resolutionOf(letter.resolved)}`] : []),
    `reason   ${orDash(letter.reason)}`,
    ...(letter.field ? [`field    ${printable(letter.field)}`] : []),
    ...(letter.rule ? [`rule     ${printable(letter.rule)}`] : []),
    ...recordLines(letter.record),
  ]);

/** For --json. */
export const listJson = (letter: DeadLetterView) => ({
  topic: letter.topic,
  partition: letter.partition,
  offset: letter.offset,
  at: letter.at,
  reason: letter.reason,
  field: letter.field,
  rule: letter.rule,
  attempts: Number(letter.attempts),
  source_topic: letter.sourceTopic,
  source_partition: Number(letter.sourcePosition.split('/')[0]),
  source_offset: Number(letter.sourcePosition.split('/')[1]),
  event_id: letter.eventId,
  resolved: letter.resolved ?? null,
});

export const showJson = (letter: DeadLetterView) => ({
  ...listJson(letter),
  key: letter.record.key?.toString() ?? null,
  headers: letter.record.headers,
  body: bodyOf(letter.record.value),
});

const orDash = (text: string): string => printable(text) || '-';

const resolutionOf = ({ resolution, actor, at }: NonNullable<DeadLetterView['resolved']>): string =>
  `${resolution} by ${printable(actor)} ${at.toISOString()}`;
