import { externalIdOf, shopifyNumber, type ExternalId } from '@core/contracts';
import { earlierEmailHashes, emailHash, keyedHash, type MerchantKeys } from '@core/crypto';

/** The names by which a body may mention a person. */
export interface NamesInBody {
  /** Such as gid://shopify/Customer/7. */
  externalIds: ReadonlySet<ExternalId>;
  /** Blind indexes, in hex. */
  emailHashes: ReadonlySet<string>;
}

/** Shopify's bodies contain about forty strings. Each mark costs 3 us and four bytes. */
const MAX_NAMES = 1_000;

/** All names by which a body may mention a person: canonical external ids, and emails as they are written. */
interface PossibleNames {
  externalIds: ReadonlySet<ExternalId>;
  emails: ReadonlySet<string>;
}

/**
 * Returns whether a webhook's body is about a person. `undetermined`: the body is not JSON and does not
 * contain a name of the person as it is written; another form may be present.
 */
export function mentionsPerson(
  keys: MerchantKeys,
  names: NamesInBody,
  body: Buffer,
): 'named' | 'not_named' | 'undetermined' {
  const inJson = possibleNames(body);
  const { externalIds, emails } = inJson ?? namesInText(names, body.toString('utf8'));
  const isNamed =
    [...externalIds].some((id) => names.externalIds.has(id)) ||
    [...emails].some((text) =>
      emailHashes(keys, text).some((hash) => names.emailHashes.has(hash.toString('hex'))),
    );
  return isNamed ? 'named' : inJson ? 'not_named' : 'undetermined';
}

const WORD = /[^\s"'<>,;:()[\]{}]+/g;
/** In a URL or in base64, an id is not present in its plain form. */
const ENCODED = /%|Z2lkOi8v/;
/** A number in a field for ids. */
const ID_FIELD = /(?:^|[^a-z0-9])id"?\s*[:=]\s*"?(\d{1,18})(?![\d.])/gi;

/**
 * Searches a body that is not JSON for the person's names, because its structure does not show who it is
 * about. Words are parsed only where one may be an id: parsing each of them took 2 ms for 10 KB.
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

/** Decodes JSON escapes in a text that is not JSON. */
const unescaped = (text: string): string =>
  text.includes('\\')
    ? text
        .replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
        .replaceAll('\\/', '/')
    : text;

/**
 * Returns possible emails: the words with an @, for an email within a note, and the whole text, because an
 * email may contain characters that separate words.
 */
const emailsIn = (text: string): string[] =>
  text.includes('@') ? [text.trim(), ...(text.match(WORD) ?? []).filter((word) => word.includes('@'))] : [];

/**
 * Returns marks of all names by which a body may mention a person. They are stored beside the encrypted body,
 * so that an erasure decrypts only the bodies with a mark of the person. A mark is four bytes of a keyed
 * hash, so a body with one may still be about another person.
 * @returns null when the body is not JSON or has too many names: it must then be decrypted
 */
export function marksInBody(keys: MerchantKeys, body: Buffer): number[] | null {
  const possible = possibleNames(body);
  if (!possible || possible.externalIds.size + possible.emails.size > MAX_NAMES) return null;
  const marks = [
    ...[...possible.externalIds].map((id) => markOfExternalId(keys, id)),
    ...[...possible.emails].flatMap((text) => emailHashes(keys, text).map(markOf)),
  ];
  return [...new Set(marks)];
}

/** Returns the marks of a person. A body about the person has at least one of them. */
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
 * Collects the possible names from every value, not from the fields of each topic: a body that could not be
 * applied may well have an unforeseen form. Iterative, because a deeply nested body would exhaust the stack,
 * after 20 ms.
 * @returns undefined when the body is not JSON
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
  // A bare number may be anything, such as a phone number or an amount.
  const isBare = typeof value === 'number' || shopifyNumber(externalId) === text;
  return !isBare || /(^|_)id$/.test(key) ? externalId : undefined;
}
