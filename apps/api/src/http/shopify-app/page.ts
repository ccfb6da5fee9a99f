import type { OutgoingHttpHeaders } from 'node:http';
import type { BuiltConsole } from '../console/read-console.ts';

/** A page of words for a person, or the address to which their browser continues. */
export type PageReply =
  | {
      status: number;
      title: string;
      text: string;
      link?: PageLink;
      /** The label of a button that posts to the address of the page. */
      confirm?: string;
    }
  | { location: string };

/** The console, in the frame of the shop's admin. */
export interface ConsoleReply {
  document: BuiltConsole;
}

/** The answer of a route of the app. */
export type AppReply = PageReply | ConsoleReply;

export interface PageLink {
  url: string;
  label: string;
}

/** A reply as it is sent. */
export interface RenderedPage {
  status: number;
  headers: OutgoingHttpHeaders;
  body: string;
}

/** Wait before a page that could not be served is worth another attempt. */
const RETRY_AFTER_S = '60';

const STYLE = 'body{font:16px/1.5 sans-serif;max-width:40em;margin:3em auto;padding:0 1em}';

/**
 * Renders a page. Shopify shows it inside the shop's admin, and no other page may.
 * Source: shopify.dev/docs/apps/build/security/set-up-iframe-protection.
 * @param shop undefined: the page appears in no frame
 */
export function renderPage(reply: PageReply, shop: string | undefined): RenderedPage {
  const isForm = 'confirm' in reply && reply.confirm !== undefined;
  const common = {
    // The address of the request contains a code or a token.
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    // A page that has opened this one could otherwise replace it between two clicks.
    ...(shop === undefined && { 'cross-origin-opener-policy': 'same-origin' }),
    'content-security-policy':
      `default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action ${isForm ? "'self'" : "'none'"}; ` +
      `frame-ancestors ${shop === undefined ? "'none'" : `https://${shop} https://admin.shopify.com`}`,
  };
  if ('location' in reply) return { status: 302, headers: { ...common, location: reply.location }, body: '' };
  const { status, title, text, link, confirm } = reply;
  const anchor = link
    ? `<p><a href="${escapeHtml(link.url)}" target="_top" rel="noreferrer">${escapeHtml(link.label)}</a></p>`
    : '';
  const form =
    confirm === undefined ? '' : `<form method="post"><button>${escapeHtml(confirm)}</button></form>`;
  return {
    status,
    headers: {
      ...common,
      'content-type': 'text/html; charset=utf-8',
      ...(status === 503 && { 'retry-after': RETRY_AFTER_S }),
    },
    body:
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>` +
      `<style>${STYLE}</style></head><body><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>${anchor}${form}</body></html>\n`,
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
