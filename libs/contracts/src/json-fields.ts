import { membersOf, snakeCase } from './json-members.ts';

/** Null or a blank string. An empty string and an absent field mean the same. */
const EMPTY = /^(?:null|"(?:\s|\\[tnrf])*")$/;

/**
 * The fields of a JSON object as written. Each value is parsed when it is read, so an unused field may be
 * deeply nested or repeated. A name in both of protobuf's spellings, customer_id and customerId, is one
 * field.
 */
export class JsonFields {
  readonly #written = new Map<string, string[]>();

  /**
   * @param objects JSON that a parser has accepted. With several objects, a field has the values of all of
   *   them
   */
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

  /** Returns the values of a field as JSON, without duplicates and empty values. */
  given(name: string): readonly string[] {
    return (this.#written.get(name) ?? []).filter((json) => !EMPTY.test(json));
  }

  /** Returns the fields of all objects that are values of the field. */
  within(name: string): JsonFields {
    return new JsonFields(...this.given(name).filter(isObject));
  }

  /**
   * Returns an object with the schema's field names, also in the objects directly in it: no reader needs a
   * deeper level. A field with several values gets the first one that is not empty. The caller checks with
   * fieldGivenTwice whether it may have several.
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

/**
 * Normalizes a value, so that two spellings of one value are equal. Null or undefined: the value cannot be
 * read and is compared as written.
 */
export type SameValue = (value: unknown) => unknown;

/**
 * Returns the first of the listed fields that has two different values: the intended one is unknown. Fields
 * that are not listed may be repeated.
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
