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

/** How an object is written. */
interface JsonStyle {
  name(name: string): string;
  text(text: string): string;
  space(): string;
  order<T>(fields: T[]): T[];
}

const PLAIN: JsonStyle = {
  name: (name) => JSON.stringify(name),
  text: (text) => JSON.stringify(text),
  space: () => '',
  order: (fields) => fields,
};

/** Writes JSON in the default style. */
export const toText = (value: Json): string => write(value, () => PLAIN);

/**
 * Writes the same JSON in other bytes: spaces, order, escapes, a byte order mark.
 * @param camel whether names may be in camelCase, which another reader would treat as other names
 */
export function varyJson(choices: Choices, value: Json, { camel = false } = {}): Buffer {
  const text = write(value, () => chooseStyle(choices, camel));
  if (choices.oneIn(8)) return Buffer.from(`\u{feff}${text}`);
  return Buffer.from(choices.oneIn(8) ? ` \r\n\t${text}\n` : text);
}

/** Chooses a style; each object has its own. */
function chooseStyle(choices: Choices, camel: boolean): JsonStyle {
  const [camelCased, escaped, reversed] = [camel && choices.oneIn(4), choices.oneIn(6), choices.oneIn(3)];
  const text = (one: string) => (escaped ? escape(choices, one) : JSON.stringify(one));
  return {
    name: (name) =>
      text(camelCased ? name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : name),
    text,
    space: () => choices.one(['', '', '', ' ', '\n', '\t \r\n']),
    order: (fields) => (reversed ? fields.toReversed() : fields),
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

function write(value: Json, styleOf: () => JsonStyle, style = styleOf()): string {
  if (value instanceof Raw) return value.text;
  if (typeof value === 'string') return style.text(value);
  if (Array.isArray(value)) return `[${value.map((each) => write(each, styleOf, style)).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const { name, space, order } = style;
  const fields = Object.entries(value).map(([field, inner]) => {
    const json = write(inner, styleOf, isObject(inner) ? styleOf() : style);
    return `${space()}${name(field)}${space()}:${space()}${json}${space()}`;
  });
  return `{${order(fields).join(',') || space()}}`;
}
