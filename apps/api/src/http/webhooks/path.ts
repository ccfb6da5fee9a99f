import { WEBHOOKS_PATH } from '@core/shopify';

export const SHOPIFY_WEBHOOKS = WEBHOOKS_PATH;

/** A longer path contains no topic and is not parsed. */
const LONGEST = 200;

/**
 * Returns the part of a path after /webhooks/shopify, which accepts webhooks: empty, or a topic, as an app's
 * configuration may have it; undefined for any other path. Shopify sends to the configured address letter by
 * letter. An address in capitals, with an encoded, doubled or trailing slash, or followed by a space can mean
 * nothing else. Rejected: 404, which only the sender sees; in the end Shopify removes the subscription.
 */
export function webhookPathSuffix(path: string): string | undefined {
  if (path.length > LONGEST) return undefined;
  const [webhooks, shopify, ...rest] = decoded(path)
    .toLowerCase()
    .split('/')
    .map((part) => part.trim())
    .filter(Boolean);
  return `/${webhooks}/${shopify}` === SHOPIFY_WEBHOOKS ? rest.join('/') : undefined;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
