import type { OutgoingHttpHeaders } from 'node:http';

const COMMON = {
  'x-content-type-options': 'nosniff',
  // The address that opens the console may contain a session token.
  'referrer-policy': 'no-referrer',
};

/** The name of an asset changes with its content. */
export const ASSET_HEADERS: OutgoingHttpHeaders = {
  ...COMMON,
  'cache-control': 'public, max-age=31536000, immutable',
  'cross-origin-resource-policy': 'same-origin',
};

/** Abilities of a browser that the page does not use, and that a script in it must not use. */
const UNUSED = [
  'accelerometer',
  'autoplay',
  'camera',
  'clipboard-read',
  'display-capture',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'hid',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'usb',
  'xr-spatial-tracking',
];

/**
 * Returns the headers of the document. Scripts come from this origin, and requests go to it. A text cannot
 * become markup: `innerHTML` and its relatives take no string under require-trusted-types-for, and no
 * policy may be created that would let one through.
 * @param styles hashes of the style sheets in the document
 * @param shop the shop whose admin may show the page in a frame, proven by the request; undefined: no frame
 *   may. Source: shopify.dev/docs/apps/build/security/set-up-iframe-protection
 */
export const documentHeaders = (
  styles: readonly string[],
  shop: string | undefined,
): OutgoingHttpHeaders => ({
  ...COMMON,
  // The answer depends on the query, which must not be stored: it may contain a session token.
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': UNUSED.map((name) => `${name}=()`).join(', '),
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${styles.join(' ') || "'none'"}`,
    'img-src data:', // the icon
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${shop === undefined ? "'none'" : `https://${shop} https://admin.shopify.com`}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
});
