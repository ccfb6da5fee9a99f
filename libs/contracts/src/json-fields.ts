import { membersOf, snakeCase } from './json-members.ts';

/** Null, and a text of space alone: an empty text and an absent field are the same. */
const EMPTY = /^(?:null|"(?:\s|\\[tnrf])*")$/;

/**
 * The fields of an object of JSON as they are written, each parsed when it is read: neither the depth of a field that
 * nobody reads nor its being given twice refuses anything. A name in both of protobuf's spellings, customer_id and
 * customerId, is one field.
 */
export class JsonFields {
  readonly #written = new Map<string, string[]>();

  /** @param objects JSON that a parser has accepted. With several objects, a field has the values of each */
  constructor(...objects: readonly string[]) {
    for (const object of objects) {
      for (const [spelling, json] of membersOf(object)) {
        const name = snakeCase(spelling);
        const before = this.#written.get(name);
        if (!before) this.#written.set(name, [json]);
        else if (!before.includes(json)) before.push(json);
      }
    }
  }

  names(): string[] {
    return [...this.#written.keys()];
  }

  /** The values that a field is given, as JSON: each once, and none that is empty. */
  given(name: string): readonly string[] {
    return (this.#written.get(name) ?? []).filter((json) => !EMPTY.test(json));
  }

  /** The fields of the objects that a field is given. */
  within(name: string): JsonFields {
    return new JsonFields(...this.given(name).filter(isObject));
  }

  /**
   * An object by the names of the schema, as are the objects in it: nothing that is read lies deeper. A field
   * with several values has the first one that is not empty: the reader asks whether two of them matter, see
   * fieldGivenTwice.
   */
  toObject(): Record<string, unknown> {
    return this.#objectOf((json, name) =>
      isObject(json)
        ? this.within(name).#objectOf((inner) => JSON.parse(inner) as unknown)
        : (JSON.parse(json) as unknown),
    );
  }

  #objectOf(read: (json: string, name: string) => unknown): Record<string, unknown> {
    return Object.fromEntries(
      [...this.#written].map(([name, all]) => [name, read(this.given(name)[0] ?? all[0] ?? 'null', name)]),
    );
  }
}

const isObject = (json: string): boolean => json.startsWith('{');

/** Reads a value so that two spellings of one are the same; null and undefined: it cannot be read, and counts as it is. */
export type SameValue = (value: unknown) => unknown;

/**
 * The first of the fields that is given two values: which of them is meant nobody can tell. Those that nobody names here
 * may be given as often as their sender likes.
 * @param read by name, or by customer.id within an object
 */
export function fieldGivenTwice(
  fields: JsonFields,
  read: Readonly<Record<string, SameValue>>,
): string | undefined {
  return Object.keys(read).find((path) => {
    const [name = '', inner] = path.split('.');
    const given = inner === undefined ? fields.given(name) : fields.within(name).given(inner);
    return given.length > 1 && new Set(given.map((json) => keyOf(json, read[path]))).size > 1;
  });
}

function keyOf(json: string, same: SameValue | undefined): unknown {
  const value: unknown = JSON.parse(json);
  return same?.(value) ?? (typeof value === 'string' ? value : json);
}
