import { readEntry, takeEntry } from './read-entry.ts';

const nothing = {
  token: undefined,
  sessionToken: undefined,
  shop: undefined,
  merchantId: undefined,
  locale: undefined,
};

it.each([
  ['a bare address', { hash: '', search: '' }, nothing],
  [
    'a signed-in link',
    { hash: '#token=a.b.c&merchant=m-1', search: '' },
    { ...nothing, token: 'a.b.c', merchantId: 'm-1' },
  ],
  [
    "Shopify's admin",
    { hash: '', search: '?embedded=1&id_token=x.y.z&locale=de-DE&shop=s.myshopify.com' },
    { ...nothing, sessionToken: 'x.y.z', locale: 'de-DE', shop: 's.myshopify.com' },
  ],
  ['a language that is none', { hash: '', search: '?locale=%3Cb%3E' }, nothing],
  [
    'both, of which the fragment counts',
    { hash: '#token=f', search: '?id_token=q' },
    { ...nothing, token: 'f' },
  ],
])('reads %s', (_, address, expected) => expect(readEntry(address)).toEqual(expected));

it.each([
  ['/console/imports', '?id_token=u&hmac=h&shop=s.myshopify.com', '/console/imports'],
  ['/console/segments', '?segment=AT_RISK&id_token=u&r=5', '/console/segments?segment=AT_RISK&r=5'],
  ['/shopify', '?id_token=u&hmac=h&shop=s.myshopify.com', '/console'],
  ['/console/segments', '?segment=a%26id_token%3Du', '/console/segments?segment=a%26id_token%3Du'],
])('leaves of %s%s only what a page reads', (pathname, search, left) => {
  const shown: string[] = [];
  const location = { hash: '#token=t', search, pathname } as Location;
  const history = { replaceState: (_: unknown, __: string, url: string) => shown.push(url) };
  expect(takeEntry(location, history as unknown as History).token).toBe('t');
  expect(shown).toEqual([left]);
});
