// TypeScript's library does not know these yet.
const json = JSON as unknown as {
  parse(
    text: string,
    reviver: (name: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};

/**
 * Parses JSON and converts each number from its source text with `number`. A double would read
 * 9007199254740993 as 9007199254740992.
 * @throws SyntaxError; RangeError for JSON that is nested too deeply
 */
export const parseJson = (text: string, number: (text: string) => unknown): unknown =>
  json.parse(text, (_, value, { source = '' }) => (typeof value === 'number' ? number(source) : value));

/** A JSON number as its source text. A double would read 9007199254740993 as 9007199254740992. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Returns a number that JSON.stringify writes exactly as it was read. */
export const rawNumber = (text: string): object => json.rawJSON(text);
export const isRawNumber = (value: unknown): boolean => json.isRawJSON(value);
