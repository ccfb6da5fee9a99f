import { parseJson, rawNumber } from '@core/contracts';
import type { EventRecord } from '@core/events';
import { count, printable } from '../cli/print.ts';

/** Key, headers and body of a record, to be read. */
export const recordLines = ({ key, headers, value }: Omit<EventRecord, 'topic'>): string[] => [
  `key      ${key === null ? 'none' : printable(String(key))}`,
  'headers',
  ...Object.entries(headers).map(([name, text]) => `  ${printable(name)}: ${printable(text)}`),
  ...bodyLines(value, headers['dlq_body_bytes']),
];

/** @param leftOut how many bytes of a dead letter's body were left out */
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

/** A body as JSON where it is some, with the digits of its numbers, else as text; null where there is none. */
export function bodyOf(value: EventRecord['value']): unknown {
  if (value === null) return null;
  const text = value.toString();
  try {
    return parseJson(text, rawNumber);
  } catch {
    return text;
  }
}
