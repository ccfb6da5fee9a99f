import { externalIdOf, shopifyNumber, type ExternalId } from '@core/contracts';
import { earlierEmailHashes, emailHash, keyedHash, type MerchantKeys } from '@core/crypto';

/** How a body may name a person. */
export interface NamesInBody {
  /** Such as gid://shopify/Customer/7. */
  externalIds: ReadonlySet<ExternalId>;
  /** Blind indexes, in hex. */
  emailHashes: ReadonlySet<string>;
}

/** Shopify's bodies have some forty texts. Each mark costs 3 us and four bytes. */
const MOST_NAMES = 1_000;

/** All that a body may name somebody by: canonical external ids, and emails as they stand there. */
interface PossibleNames {
  externalIds: ReadonlySet<ExternalId>;
  emails: ReadonlySet<string>;
}

/**
 * Whether a webhook's body is about a person. `unjudged`: it is no JSON, and does not hold a name of the person as it is
 * written; another form of it may stand there.
 */
export function bodyNames(
  keys: MerchantKeys,
  names: NamesInBody,
  body: Buffer,
): 'named' | 'not_named' | 'unjudged' {
  const inJson = possibleNames(body);
  const { externalIds, emails } = inJson ?? namesInText(names, body.toString('utf8'));
  const isNamed =
    [...externalIds].some((id) => names.externalIds.has(id)) ||
    [...emails].some((text) =>
      emailHashes(keys, text).some((hash) => names.emailHashes.has(hash.toString('hex'))),
    );
  return isNamed ? 'named' : inJson ? 'not_named' : 'unjudged';
}

const WORD = /[^\s"'<>,;:()[\]{}]+/g;
/** In a URL, or in base64, an id does not stand as it is. */
const ENCODED = /%|Z2lkOi8v/;
/** A number in a field for ids. */
const ID_FIELD = /(?:^|[^a-z0-9])id"?\s*[:=]\s*"?(\d{1,18})(?![\d.])/gi;

/**
 * A body that is no JSON does not tell whom it is about, so the names themselves are looked for. Words are looked at
 * only where one may be an id: reading each as one took 2 ms for 10 KB.
 */
function namesInText({ externalIds }: NamesInBody, escaped: string): PossibleNames {
  const text = unescaped(escaped);
  const ids = [...externalIds];
  const mayHold = ENCODED.test(text) || ids.some((id) => text.includes(shopifyNumber(id) ?? id));
  const words = mayHold ? (text.match(WORD) ?? []) : [];
  return {
    externalIds: new Set([
      ...ids.filter((id) => text.includes(id)),
      ...words.flatMap((word) => externalIdIn('', word) ?? []),
      ...(mayHold ? [...text.matchAll(ID_FIELD)].map(([, number = '']) => externalIdOf(number)) : []),
    ]),
    emails: new Set(emailsIn(text)),
  };
}

/** Decodes the escapes of JSON in a text that is no JSON. */
const unescaped = (text: string): string =>
  text.includes('\\')
    ? text
        .replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
        .replaceAll('\\/', '/')
    : text;

/** An email may stand within a note, or alone with characters that divide words. */
const emailsIn = (text: string): string[] =>
  text.includes('@') ? [text.trim(), ...(text.match(WORD) ?? []).filter((word) => word.includes('@'))] : [];

/**
 * Marks of all that a body may name somebody by, to be kept beside the encrypted body: an erasure opens those alone that
 * have a mark of the person. A mark is four bytes of a keyed hash, so a body with one may still be about somebody else.
 * @returns null: it is no JSON, or names too many, and must be opened
 */
export function marksInBody(keys: MerchantKeys, body: Buffer): number[] | null {
  const possible = possibleNames(body);
  if (!possible || possible.externalIds.size + possible.emails.size > MOST_NAMES) return null;
  const marks = [
    ...[...possible.externalIds].map((id) => markOfExternalId(keys, id)),
    ...[...possible.emails].flatMap((text) => emailHashes(keys, text).map(markOf)),
  ];
  return [...new Set(marks)];
}

/** The marks that a body about this person has one of at least. */
export const marksOfPerson = (keys: MerchantKeys, names: NamesInBody): number[] => [
  ...[...names.externalIds].map((id) => markOfExternalId(keys, id)),
  ...[...names.emailHashes].map((hash) => markOf(Buffer.from(hash, 'hex'))),
];

const markOf = (hash: Buffer): number => hash.readInt32BE(0);
const markOfExternalId = (keys: MerchantKeys, id: ExternalId): number =>
  markOf(keyedHash(keys, 'external_id', id));
const emailHashes = (keys: MerchantKeys, text: string): Buffer[] => [
  emailHash(keys, text),
  ...earlierEmailHashes(keys, text),
];

/**
 * Every value is looked at, not the fields of each topic: a body that could not be applied may well be of a form that
 * nobody foresaw. Not by recursion: a body that is nested deeply would end it, after 20 ms.
 * @returns undefined: it is no JSON
 */
function possibleNames(body: Buffer): PossibleNames | undefined {
  const externalIds = new Set<ExternalId>();
  const emails = new Set<string>();
  const json = parsed(body);
  if (json === undefined) return undefined;
  const left: [key: string, value: unknown][] = [['', json]];
  for (let next = left.pop(); next; next = left.pop()) {
    const [key, value] = next;
    if (Array.isArray(value)) for (const each of value) left.push([key, each]);
    else if (typeof value === 'object' && value !== null) {
      for (const entry of Object.entries(value)) left.push(entry);
    } else if (typeof value === 'number' || typeof value === 'string') {
      const externalId = externalIdIn(key, value);
      if (externalId) externalIds.add(externalId);
      if (typeof value === 'string') for (const email of emailsIn(value)) emails.add(email);
    }
  }
  return { externalIds, emails };
}

function parsed(body: Buffer): unknown {
  try {
    // Unlike toString, it drops a byte order mark.
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

function externalIdIn(key: string, value: string | number): ExternalId | undefined {
  const text = String(value).trim();
  const externalId = externalIdOf(text);
  // A bare number is anybody's: a phone's, an amount's.
  const isBare = typeof value === 'number' || shopifyNumber(externalId) === text;
  return !isBare || /(^|_)id$/.test(key) ? externalId : undefined;
}
