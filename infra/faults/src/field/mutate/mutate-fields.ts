import type { Choices } from '../../requests/choices.ts';
import { isObject, raw, Raw, toText, type Json, type JsonObject } from './json.ts';
import { fuzzName, fuzzText, fuzzValue } from './fuzz-values.ts';

/**
 * Mutates one to three fields, at any depth: their presence, type, precision and letters.
 * @param only the top-level fields that may be mutated; default: all
 */
export function mutateFields(choices: Choices, object: JsonObject, only = Object.keys(object)): JsonObject {
  const copy = structuredClone(object);
  for (let left = 1 + choices.below(3); left > 0; left--) {
    if (choices.oneIn(12)) put(copy, fuzzName(choices), fuzzText(choices));
    else mutateOne(choices, copy, choices.one(only));
  }
  return copy;
}

function mutateOne(choices: Choices, object: JsonObject, name: string): void {
  const value = object[name];
  const inner = isObject(value) ? Object.keys(value) : [];
  if (inner.length > 0 && !choices.oneIn(3))
    return mutateOne(choices, value as JsonObject, choices.one(inner));
  const next = mutateValue(choices, value ?? null);
  if (next === undefined) Reflect.deleteProperty(object, name);
  else put(object, name, next);
}

/** Defines an own property, even with the name __proto__. */
const put = (object: JsonObject, name: string, value: Json): unknown =>
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });

/** Returns a changed value for a field; undefined: the field is omitted. */
function mutateValue(choices: Choices, value: Json): Json | undefined {
  const kind = choices.below(8);
  if (kind === 0) return undefined;
  if (kind === 1) return null;
  if (kind < 6) return fuzzValue(choices);
  if (kind === 6) return choices.oneIn(2) ? [value] : { value };
  return varyValue(choices, value);
}

/** Returns the same value in another type or notation. */
function varyValue(choices: Choices, value: Json): Json {
  if (typeof value === 'number') return choices.oneIn(2) ? String(value) : raw(`${value}.0`);
  if (typeof value !== 'string') return value instanceof Raw ? value.text : toText(value);
  return choices.one<Json>([
    value.toUpperCase(),
    ` ${value} `,
    `${value}\n`,
    value.split(''),
    Number(value) || value.length,
  ]);
}
