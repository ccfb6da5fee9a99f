/**
 * Returns page_info of the next page; null on the last page, which has no link to a next one. The header
 * looks like `<https://x.myshopify.com/...?limit=250&page_info=abc>; rel="next"`, with rel="previous" beside
 * it.
 * Source: shopify.dev/docs/api/admin-rest/usage/pagination.
 */
export function nextPageInfo(link: string | null): string | null {
  for (const [, address = '', rel] of (link ?? '').matchAll(/<([^<>]*)>\s*;\s*rel="?(\w+)"?/g)) {
    // Only the parameter is used: the token is sent to the known address, not to one that a reply names.
    if (rel === 'next') return new URL(address, 'https://shop').searchParams.get('page_info');
  }
  return null;
}
