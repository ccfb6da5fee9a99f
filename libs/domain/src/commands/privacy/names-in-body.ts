import { earlierEmailHashes, emailHash, type MerchantKeys } from '@core/db';
import { externalIdOf, type ExternalId } from '../../external-id.ts';
import { shopifyNumber } from '../../shopify-gid.ts';

/** How a body may name a person. */
export interface NamesInBody {
  /** Such as gid://shopify/Customer/7. */
  externalIds: ReadonlySet<ExternalId>;
  /** Blind indexes, in hex. */
  emailHashes: ReadonlySet<string>;
}

/**
 * Whether a webhook's body is about a person. Every value is looked at, not the fields of each topic: a body that
 * could not be applied may well be of a form that nobody foresaw.
 */
export function bodyNames(keys: MerchantKeys, names: NamesInBody, body: Buffer): boolean {
  const numbers = new Set([...names.externalIds].flatMap((id) => shopifyNumber(id) ?? []));
  // A bare number is anybody's: a phone's, an amount's.
  const isNumber = (key: string, value: string): boolean => /(^|_)id$/.test(key) && numbers.has(value);
  const isName = (key: string, value: unknown): boolean => {
    if (typeof value === 'number') return isNumber(key, String(value));
    if (typeof value !== 'string') return false;
    const text = value.trim();
    const externalId = externalIdOf(text);
    const isBare = shopifyNumber(externalId) === text;
    if (isBare ? isNumber(key, text) : names.externalIds.has(externalId)) return true;
    if (!text.includes('@')) return false;
    const hashes = [emailHash(keys, text), ...earlierEmailHashes(keys, text)];
    return hashes.some((hash) => names.emailHashes.has(hash.toString('hex')));
  };
  const look = (key: string, value: unknown): boolean =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).some(([inner, each]) => look(Array.isArray(value) ? key : inner, each))
      : isName(key, value);
  try {
    return look('', JSON.parse(body.toString('utf8')));
  } catch {
    // Not JSON: nothing tells whom it is about, so the names themselves are looked for.
    const text = body.toString('utf8');
    const words = text.split(/[\s"'<>,;:()[\]{}]+/);
    return [...names.externalIds].some((id) => text.includes(id)) || words.some((word) => isName('', word));
  }
}
