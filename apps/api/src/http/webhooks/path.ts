export const SHOPIFY_WEBHOOKS = '/webhooks/shopify';

/** Beyond this no path names a topic, and it is not searched. */
const LONGEST = 200;

/**
 * The part of a path behind /webhooks/shopify, where webhooks are taken: empty, or a topic, as an app's configuration may
 * have it; undefined for a path of something else. Shopify sends to the address that it was given, letter by letter: one in
 * capitals, with an encoded, doubled or trailing slash or a space behind it can mean nothing else. Rejected: 404, of which
 * the sender alone learns, and in the end removes the subscription.
 */
export function behindWebhooks(path: string): string | undefined {
  if (path.length > LONGEST) return undefined;
  const [webhooks, shopify, ...behind] = decoded(path)
    .toLowerCase()
    .split('/')
    .map((part) => part.trim())
    .filter(Boolean);
  return `/${webhooks}/${shopify}` === SHOPIFY_WEBHOOKS ? behind.join('/') : undefined;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
