import type { PrivacyTopic } from '@core/domain';

/**
 * - other_shop: signed, but the body names another shop than the header, by domain or by number
 * - malformed: not a body of this topic
 */
export type PrivacyBodyFault = 'other_shop' | 'malformed';

type Body = Record<string, unknown>;

/** What a body of each topic has that no body of another topic has. */
const IS_OF: Readonly<Record<PrivacyTopic, (body: Body) => boolean>> = {
  'customers/redact': (body) => isObject(body['customer']) && Array.isArray(body['orders_to_redact']),
  'customers/data_request': (body) => isObject(body['customer']) && isObject(body['data_request']),
  'shop/redact': (body) => body['shop_id'] != null && body['customer'] === undefined,
};

/**
 * Whether the body of a privacy topic bears out what its headers say. The signature is over the body alone: with a body
 * that was signed for one shop, whoever has seen it could else have another shop redacted, or this one by a request that
 * was about a person.
 * Source: shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
 * @returns on a match, the shop number that the body holds
 */
export function readPrivacyBody(
  topic: PrivacyTopic,
  shop: string,
  bytes: Buffer,
): PrivacyBodyFault | { shopId: string | undefined } {
  const body = parse(bytes);
  const domain = body?.['shop_domain'];
  if (!body || typeof domain !== 'string') return 'malformed';
  // Before the form: whose it is counts for more than what it says.
  if (domain.toLowerCase() !== shop.toLowerCase()) return 'other_shop';
  const { shop_id: shopId } = body;
  if (!IS_OF[topic](body) || (shopId != null && !Number.isSafeInteger(shopId))) return 'malformed';
  return { shopId: shopId == null ? undefined : String(shopId) };
}

function parse(bytes: Buffer): Body | undefined {
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
