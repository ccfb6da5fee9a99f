const REMOVED = '[removed]';

/** A dead letter must fit into a record with more headers than its source had. */
const MOST_BYTES = 512 * 1024;

/**
 * Anything that reads like an email becomes "[removed]"; NFKC would make the two wide signs an @ as well. Word by
 * word: one expression for the whole takes minutes for half a megabyte without a space.
 */
export const withoutEmails = (text: string): string =>
  text.replace(/[^\s"'<>,;]+/g, (word) => (/.[@＠﹫]./s.test(word) ? REMOVED : word));

/** Headers are names, ids and times; what is longer is left out, so that a dead letter fits into its topic. */
const LONGEST_HEADER = 1_024;
const MOST_HEADERS = 64;

/** Headers with every text that reads like an email replaced. */
export const headersWithoutPersonalData = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name, value]) => name.length + value.length <= LONGEST_HEADER)
      .slice(0, MOST_HEADERS)
      .map(([name, value]) => [withoutEmails(name), withoutEmails(value)]),
  );

/**
 * A JSON body with every value of a field named like email, and every text that holds one, replaced.
 * A body with nothing to hide keeps its bytes.
 * @returns null for no body, and for one that cannot be looked into: not JSON, or too large
 */
export function withoutPersonalData(body: Buffer | null): Buffer | null {
  if (!body || body.length > MOST_BYTES) return null;
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    const clean = JSON.stringify(hide(json));
    return clean === JSON.stringify(json) ? body : Buffer.from(clean);
  } catch {
    return null;
  }
}

/** An object under a name like email is replaced as a whole: it may hold anything. */
function hide(value: unknown, name = ''): unknown {
  if (value == null) return value;
  if (/e_?mail/i.test(name)) return REMOVED;
  if (typeof value === 'string') return withoutEmails(value);
  if (Array.isArray(value)) return value.map((item) => hide(item));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [withoutEmails(key), hide(item, key)]),
  );
}
