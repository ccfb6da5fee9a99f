import {
  hasForm,
  isJsonObject,
  parseJson,
  rawNumber,
  readUuid,
  repeatedFields,
  type Kept,
  type KeptFields,
} from '@core/contracts';

/** Replaces a value that may not be kept. */
export const REMOVED = '[removed]';

/** The single replacement for all fields that were left out: their names may contain personal data, too. */
const UNKNOWN_FIELDS = 'fields that the schema does not know';

/** A dead letter must fit into a record with more headers than its source had. */
const MAX_BYTES = 512 * 1024;

/**
 * Replaces everything that looks like an email by "[removed]"; NFKC would turn the two wide signs into an @
 * as well. It works word by word: one expression for the whole text takes minutes for half a megabyte without
 * a space.
 */
export const withoutEmails = (text: string): string =>
  text.replace(/[^\s"'<>,;]+/g, (word) => (/.[@＠﹫]./s.test(word) ? REMOVED : word));

/**
 * Returns a record's key, which is our own id of a customer. Any other key may name a person and is removed.
 */
export const keyWithoutPersonalData = (key: Buffer | null): Buffer | string | null =>
  key && readUuid(key.toString()) === null ? REMOVED : key;

/**
 * Reduces a JSON body to the fields that may be kept, with "[removed]" in place of removed data. Rejected: a
 * list of fields to remove, because an unforeseen field may just as well contain a person's phone number.
 *
 * Numbers keep their digits. The body is rewritten unless the result differs only in whitespace. The original
 * bytes are kept where possible, because a signature covers them.
 * @returns null for no body, and for a body that cannot be inspected: not a JSON object, too large, or with a
 *   field that has two values. Rewritten, it would contain one of the two values, and a redrive would trust
 *   it
 */
export function withoutPersonalData(body: Buffer | null, kept: KeptFields): Buffer | null {
  if (!body || body.length > MAX_BYTES) return null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const json = parseJson(text, rawNumber);
    if (!isJsonObject(json) || repeatedFields(text).length > 0) return null;
    const rest = JSON.stringify(only(json, kept));
    return withoutSpace(text) === rest ? body : Buffer.from(rest);
  } catch {
    return null;
  }
}

/** JSON without the insignificant whitespace between its parts. */
const withoutSpace = (json: string): string =>
  json.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/g, (_, text: string | undefined) => text ?? '');

function only(object: Record<string, unknown>, kept: KeptFields): Record<string, unknown> {
  const fields = Object.entries(object);
  const known = fields.flatMap(([name, value]) => {
    const how = Object.hasOwn(kept, name) ? kept[name] : undefined;
    return how === undefined ? [] : [[name, clean(value, how)] as const];
  });
  return Object.fromEntries(
    known.length === fields.length ? known : [...known, [REMOVED, UNKNOWN_FIELDS] as const],
  );
}

function clean(value: unknown, how: Kept): unknown {
  // An empty value: producers that write every field leave these.
  if (value === null || value === '') return value;
  if (typeof how === 'object') return isJsonObject(value) ? only(value, how) : REMOVED;
  if (how === 'removed' || !hasForm(how, value)) return REMOVED;
  return typeof value === 'string' ? withoutEmails(value) : value;
}
