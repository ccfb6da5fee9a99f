interface CronField {
  readonly name: string;
  readonly values: string;
  /** Names that stand for numbers. */
  readonly words?: RegExp;
}

const FIELDS: readonly CronField[] = [
  { name: 'minute', values: '0 to 59' },
  { name: 'hour', values: '0 to 23' },
  { name: 'day of the month', values: '1 to 31' },
  {
    name: 'month',
    values: '1 to 12 or jan to dec',
    words: /\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\b/gi,
  },
  { name: 'day of the week', values: '0 to 7 or sun to sat', words: /\b(?:sun|mon|tue|wed|thu|fri|sat)\b/gi },
];

// The parser accepts more: 0-0-0 as 0, 1* as 10-23, janfeb as 12, a month name as a day of the week. It also
// accepts seconds, @daily, and H, which is a different minute at each parse. No number has three digits.
const ENTRY = /^(?:\*|\d{1,2}(?:-\d{1,2})?)(?:\/\d{1,2})?$/;

const isWellFormed = (text: string, { words }: CronField): boolean =>
  text.split(',').every((entry) => ENTRY.test(words === undefined ? entry : entry.replace(words, '1')));

/**
 * Returns the problem of the first invalid field of a cron expression and its valid values; undefined when
 * all fields are valid.
 * @param parses whether the parser accepts an expression; it checks the bounds of numbers, ranges and steps
 */
export function cronFieldProblem(
  fields: readonly string[],
  parses: (cron: string) => boolean,
): string | undefined {
  if (fields.length !== FIELDS.length) {
    return 'must be five fields of cron (minute, hour, day of the month, month, day of the week), such as "0 3 * * *"';
  }
  const alone = (n: number) => fields.map((text, at) => (at === n ? text : '*')).join(' ');
  const wrong = FIELDS.find((field, n) => !isWellFormed(fields[n] ?? '', field) || !parses(alone(n)));
  return (
    wrong &&
    `the ${wrong.name} must be distinct values from ${wrong.values}, ascending ranges such as 2-5, or *, with an optional step such as */2`
  );
}
