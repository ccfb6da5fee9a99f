import { SHOP_DOMAIN, shopifyId } from '@core/contracts';

export type SignedBody = Readonly<Record<string, unknown>>;

/**
 * The shop that a signed body names: a privacy request by shop_domain and shop_id, the body of a shop by
 * myshopify_domain.
 */
export interface NamedShop {
  domain: string | undefined;
  number: string | undefined;
}

/**
 * Returns the shop of a body. One readable value suffices: the other one then counts as absent if it is
 * unreadable.
 * @param numberIn the field with the shop's number: `id` in a body that is the shop itself
 * @returns undefined if the body names a shop only by unreadable values
 */
export function shopIn(
  body: SignedBody | undefined,
  numberIn: 'shop_id' | 'id' = 'shop_id',
): NamedShop | undefined {
  const domain = domainOf(body?.['shop_domain'] ?? body?.['myshopify_domain'] ?? '');
  const given = body?.[numberIn] ?? '';
  const number = given === '' ? undefined : shopifyId(given);
  const isUnreadable = domain === null || number === null;
  if (isUnreadable && !domain && !number) return undefined;
  return { domain: domain ?? undefined, number: number ?? undefined };
}

/** Maximum length of a host name. */
const LONGEST = 253;

/** Returns the domain; undefined if it is empty, null if it is not a shop domain. */
export function domainOf(given: unknown): string | null | undefined {
  if (typeof given !== 'string' || given.length > LONGEST) return null;
  const domain = given.trim().toLowerCase();
  if (domain === '') return undefined;
  return SHOP_DOMAIN.test(domain) ? domain : null;
}
