import { SHOP_DOMAIN, shopifyId } from '@core/contracts';

export type SignedBody = Readonly<Record<string, unknown>>;

/**
 * The shop as a signed body names it: a privacy request by shop_domain and shop_id, the body of a shop by
 * myshopify_domain.
 */
export interface NamedShop {
  domain: string | undefined;
  number: string | undefined;
}

/**
 * Either of the two suffices: beside one that can be read, one that cannot counts as absent.
 * @returns undefined when it names a shop by what is no name
 */
export function shopIn(body: SignedBody | undefined): NamedShop | undefined {
  const domain = domainOf(body?.['shop_domain'] ?? body?.['myshopify_domain'] ?? '');
  const given = body?.['shop_id'] ?? '';
  const number = given === '' ? undefined : shopifyId(given);
  const isUnreadable = domain === null || number === null;
  if (isUnreadable && !domain && !number) return undefined;
  return { domain: domain ?? undefined, number: number ?? undefined };
}

/** The length of a host name at most. */
const LONGEST = 253;

/** Null: no domain of a shop. */
export function domainOf(given: unknown): string | null | undefined {
  if (typeof given !== 'string' || given.length > LONGEST) return null;
  const domain = given.trim().toLowerCase();
  if (domain === '') return undefined;
  return SHOP_DOMAIN.test(domain) ? domain : null;
}
