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

/** Stands where something was that may not be kept. */
export const REMOVED = '[removed]';

/** Stands once for all fields that were left out: their names may tell of a person, too. */
const UNKNOWN_FIELDS = 'fields that the schema does not know';

/** A dead letter must fit into a record with more headers than its source had. */
const MOST_BYTES = 512 * 1024;

/**
 * Anything that reads like an email becomes "[removed]"; NFKC would make the two wide signs an @ as well. Word by
 * word: one expression for the whole takes minutes for half a megabyte without a space.
 */
export const withoutEmails = (text: string): string =>
  text.replace(/[^\s"'<>,;]+/g, (word) => (/.[@＠﹫]./s.test(word) ? REMOVED : word));

/** A record's key: our own id of a customer. Whoever is not known by one may stand there by another name. */
export const keyWithoutPersonalData = (key: Buffer | null): Buffer | string | null =>
  key && readUuid(key.toString()) === null ? REMOVED : key;

/**
 * A JSON body with nothing but the fields that may be kept, and "[removed]" where something was. Not a list of what
 * must go: a field that nobody has thought of holds a person's phone just as well.
 *
 * Numbers keep their digits. The body is rewritten unless the result differs only in whitespace. The original bytes are
 * kept where possible, because a signature covers them.
 * @returns null for no body, and for one that cannot be looked into: no JSON object, too large, or with a field that has
 *   two values; rewritten, it would say one of them, and redriven, be believed
 */
export function withoutPersonalData(body: Buffer | null, kept: KeptFields): Buffer | null {
  if (!body || body.length > MOST_BYTES) return null;
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
  // Nothing was there: producers that write every field leave these.
  if (value === null || value === '') return value;
  if (typeof how === 'object') return isJsonObject(value) ? only(value, how) : REMOVED;
  if (how === 'removed' || !hasForm(how, value)) return REMOVED;
  return typeof value === 'string' ? withoutEmails(value) : value;
}
