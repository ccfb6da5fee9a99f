import type { Choices } from '../../requests/choices.ts';

/** JSON text that no JavaScript value produces, such as a number beyond a double. */
export class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
export const raw = (text: string): Raw => new Raw(text);

export type Json = null | boolean | number | string | Raw | Json[] | JsonObject;
export type JsonObject = { [name: string]: Json };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Raw);

/** The spelling of an object. */
interface Spelling {
  name(name: string): string;
  text(text: string): string;
  space(): string;
  order<T>(fields: T[]): T[];
}

const PLAIN: Spelling = {
  name: (name) => JSON.stringify(name),
  text: (text) => JSON.stringify(text),
  space: () => '',
  order: (fields) => fields,
};

/** Writes JSON in the default spelling. */
export const toText = (value: Json): string => write(value, () => PLAIN);

/**
 * Writes the same JSON in other bytes: spaces, order, escapes, a byte order mark.
 * @param camel whether names may be in camelCase, which another reader would treat as other names
 */
export function respell(choices: Choices, value: Json, { camel = false } = {}): Buffer {
  const text = write(value, () => someSpelling(choices, camel));
  if (choices.oneIn(8)) return Buffer.from(`\u{feff}${text}`);
  return Buffer.from(choices.oneIn(8) ? ` \r\n\t${text}\n` : text);
}

/** Chooses a spelling; each object has its own. */
function someSpelling(choices: Choices, camel: boolean): Spelling {
  const [camelled, escaped, turned] = [camel && choices.oneIn(4), choices.oneIn(6), choices.oneIn(3)];
  const text = (one: string) => (escaped ? escape(choices, one) : JSON.stringify(one));
  return {
    name: (name) =>
      text(camelled ? name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : name),
    text,
    space: () => choices.one(['', '', '', ' ', '\n', '\t \r\n']),
    order: (fields) => (turned ? fields.toReversed() : fields),
  };
}

/** Escapes some characters. A lone surrogate can only be written as an escape. */
const escape = (choices: Choices, text: string): string =>
  `"${text
    .split('')
    .map((unit) =>
      choices.oneIn(3)
        ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
        : JSON.stringify(unit).slice(1, -1),
    )
    .join('')}"`;

function write(value: Json, spellingOf: () => Spelling, spelling = spellingOf()): string {
  if (value instanceof Raw) return value.text;
  if (typeof value === 'string') return spelling.text(value);
  if (Array.isArray(value)) return `[${value.map((each) => write(each, spellingOf, spelling)).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const { name, space, order } = spelling;
  const fields = Object.entries(value).map(([field, inner]) => {
    const json = write(inner, spellingOf, isObject(inner) ? spellingOf() : spelling);
    return `${space()}${name(field)}${space()}:${space()}${json}${space()}`;
  });
  return `{${order(fields).join(',') || space()}}`;
}
