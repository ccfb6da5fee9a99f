import { parseJson, rawNumber } from '@core/contracts';
import type { EventRecord } from '@core/events';
import { count, printable } from '../cli/print.ts';

/** Formats the key, headers and body of a record for a reader. */
export const recordLines = ({ key, headers, value }: Omit<EventRecord, 'topic'>): string[] => [
  `key      ${key === null ? 'none' : printable(String(key))}`,
  'headers',
  ...Object.entries(headers).map(([name, text]) => `  ${printable(name)}: ${printable(text)}`),
  ...bodyLines(value, headers['dlq_body_bytes']),
];

/** @param leftOut the number of bytes of a dead letter's body, if the body was left out */
function bodyLines(value: EventRecord['value'], leftOut: string | undefined): string[] {
  if (value === null) {
    return [
      leftOut === undefined ? 'body     none' : `body     left out, it had ${count(Number(leftOut), 'byte')}`,
    ];
  }
  const body = bodyOf(value);
  const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2);
  return ['body', ...text.split('\n').map((line) => `  ${printable(line)}`)];
}

/**
 * Returns a body as JSON, with the exact digits of its numbers; as text if it is not JSON; null without a
 * body.
 */
export function bodyOf(value: EventRecord['value']): unknown {
  if (value === null) return null;
  const text = value.toString();
  try {
    return parseJson(text, rawNumber);
  } catch {
    return text;
  }
}
