import { createHmac } from 'node:crypto';
import { QueryRefused, readSignedQuery } from './signed-query.ts';

const [SECRET, OLD_SECRET] = ['shpss-the-current-secret', 'shpss-the-previous-secret'];
const SHOP = 'a-shop.myshopify.com';
const NOW = Date.parse('2026-11-02T03:04:05.900Z');
const NOW_S = Math.floor(NOW / 1_000);

type Parameters = Record<string, string>;
const GOOD: Parameters = {
  code: '0907a61c0c8d55e99db179b68161bc00',
  host: Buffer.from('admin.shopify.com/store/a-shop').toString('base64url'),
  shop: SHOP,
  state: 'b3f1c2',
  timestamp: String(NOW_S),
};

/** Signs the parameters as the documentation describes it. */
const hmacOf = (parameters: Parameters, secret: string) => {
  const sorted = Object.keys(parameters)
    .sort()
    .map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(parameters[name] ?? '')}`);
  return createHmac('sha256', secret).update(sorted.join('&')).digest('hex');
};
const queryOf = (parameters: Parameters) => new URLSearchParams(parameters).toString();
const sign = (change: Parameters = {}, secret = SECRET) => {
  const parameters = { ...GOOD, ...change };
  return queryOf({ ...parameters, hmac: hmacOf(parameters, secret) });
};
const without = (name: string) => {
  const { [name]: _, ...rest } = GOOD;
  return queryOf({ ...rest, hmac: hmacOf(rest, SECRET) });
};
const read = (query: string, secrets: readonly string[] = [SECRET, OLD_SECRET]) =>
  readSignedQuery(query, { secrets, now: () => Date.now() });
const good = sign();
const hmac = new URLSearchParams(good).get('hmac') ?? '';

/** Shopify's library reads the clock of the process. */
const setClock = (now: number) =>
  jest.useFakeTimers({
    now,
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'setInterval',
      'setTimeout',
    ],
  });
beforeEach(() => void setClock(NOW));
afterEach(() => void jest.useRealTimers());

describe('a signed query', () => {
  it.each([
    ['signed with the secret', good],
    ['signed with the previous secret', sign({}, OLD_SECRET)],
    ['in another order', good.split('&').reverse().join('&')],
    ['after a question mark', `?${good}`],
    [
      'of the admin',
      sign({ embedded: '1', id_token: 'a.b.c', locale: 'de-AT', session: 'ab12', prefetch: '1' }),
    ],
    ['with special characters', sign({ state: 'a b+c&d=e%f/ä€😀*-._' })],
    ['with an empty parameter', sign({ state: '' })],
    ['with a name like a prototype', sign({ constructor: 'a', toString: 'b' })],
    ['of 90 seconds ago', sign({ timestamp: String(NOW_S - 90) })],
    ['of 90 seconds ahead', sign({ timestamp: String(NOW_S + 90) })],
  ])('is accepted %s', async (_what, query) => {
    const parameters = await read(query);
    expect([parameters.get('shop'), parameters.get('host')]).toEqual([SHOP, GOOD['host']]);
  });

  /** The example of the documentation, "verify a request". */
  it('is accepted in the example of Shopify', async () => {
    setClock(1_337_178_173_000);
    const query =
      'code=0907a61c0c8d55e99db179b68161bc00&hmac=700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf' +
      '&shop=some-shop.myshopify.com&state=0.6784241404160823&timestamp=1337178173';
    expect((await read(query, ['hush'])).get('state')).toBe('0.6784241404160823');
  });
});

const REFUSED: [what: string, query: string, parameter: string][] = [
  ['an empty query', '', 'hmac'],
  ['no hmac', queryOf(GOOD), 'hmac'],
  ['an empty hmac', queryOf({ ...GOOD, hmac: '' }), 'hmac'],
  ['an hmac in upper case', good.replace(hmac, hmac.toUpperCase()), 'hmac'],
  ['an hmac in base64', good.replace(hmac, Buffer.from(hmac, 'hex').toString('base64url')), 'hmac'],
  ['a shorter hmac', good.replace(hmac, hmac.slice(0, -2)), 'hmac'],
  ['a longer hmac', good.replace(hmac, `${hmac}00`), 'hmac'],
  ['an hmac with a line break', good.replace(hmac, `${hmac}%0A`), 'hmac'],
  ['an hmac of zeros', good.replace(hmac, '0'.repeat(64)), 'hmac'],
  ['another secret', sign({}, 'shpss-the-secret-of-another-app'), 'hmac'],
  ['an empty secret', sign({}, ''), 'hmac'],
  ['another code', good.replace('code=0', 'code=1'), 'hmac'],
  ['another state', good.replace('state=b', 'state=c'), 'hmac'],
  ['another shop', good.replace('a-shop.', 'b-shop.'), 'hmac'],
  ['a further parameter', `${good}&extra=1`, 'hmac'],
  ['a parameter less', good.replace(/&state=[^&]*/, ''), 'hmac'],
  ['a signature, which the library omits from the hmac', `${good}&signature=1`, 'signature'],
  ['two shops', `${good}&shop=b.myshopify.com`, 'every parameter'],
  ['two shops, the first one empty', `shop=&${good}`, 'every parameter'],
  ['two values of hmac', `${good}&hmac=${hmac}`, 'every parameter'],
  [
    'two codes in one signed list',
    sign({ code: 'a,b' }).replace('code=a%2Cb', 'code=a&code=b'),
    'every parameter',
  ],
  ['a name that is escaped the second time', `${good}&sho%70=b.myshopify.com`, 'every parameter'],
  ['no timestamp', without('timestamp'), 'timestamp'],
  ['an empty timestamp', sign({ timestamp: '' }), 'timestamp'],
  ['a timestamp in milliseconds', sign({ timestamp: String(NOW) }), 'timestamp'],
  ['a timestamp in hex', sign({ timestamp: `0x${NOW_S.toString(16)}` }), 'timestamp'],
  ['a timestamp with an exponent', sign({ timestamp: `${NOW_S}e0` }), 'timestamp'],
  ['a timestamp with a fraction', sign({ timestamp: `${NOW_S}.0` }), 'timestamp'],
  ['a timestamp with a space', sign({ timestamp: ` ${NOW_S}` }), 'timestamp'],
  ['a timestamp of 91 seconds ago', sign({ timestamp: String(NOW_S - 91) }), 'timestamp'],
  ['a timestamp of 91 seconds ahead', sign({ timestamp: String(NOW_S + 91) }), 'timestamp'],
  ['a timestamp of yesterday', sign({ timestamp: String(NOW_S - 86_400) }), 'timestamp'],
  ['no shop', without('shop'), 'shop'],
  ['an empty shop', sign({ shop: '' }), 'shop'],
  ['a shop in upper case', sign({ shop: SHOP.toUpperCase() }), 'shop'],
  ['a shop with a path', sign({ shop: `${SHOP}/admin` }), 'shop'],
  ['a shop with a line break', sign({ shop: `${SHOP}\n` }), 'shop'],
  ['another host', sign({ shop: 'evil.example' }), 'shop'],
  ['the shop as a subdomain', sign({ shop: `${SHOP}.evil.example` }), 'shop'],
  ['the shop as user info', sign({ shop: `${SHOP}@evil.example` }), 'shop'],
  ['the shop after another host', sign({ shop: `evil.example/${SHOP}` }), 'shop'],
  ['a query of 9,000 characters', sign({ state: 'x'.repeat(9_000) }), '8192'],
  ['ten million characters', 'a&'.repeat(5_000_000), '8192'],
];

describe('a forged or damaged query', () => {
  it.each(REFUSED)('is refused: %s', async (_what, query, parameter) => {
    const error = await read(query).then(
      () => null,
      (refusal: Error) => refusal,
    );
    expect(error).toBeInstanceOf(QueryRefused);
    expect(error?.message).toContain(parameter);
    const values = [...Object.values(GOOD), hmac, SECRET, 'evil', 'b.myshopify'];
    expect(values.filter((value) => error?.message.includes(value))).toEqual([]);
  });

  it('is refused by our clock, too', () =>
    expect(readSignedQuery(good, { secrets: [SECRET], now: () => NOW + 91_000 })).rejects.toThrow(
      'timestamp',
    ));

  it.each([[[]], [['']], [[SECRET, '']]])('is refused with the secrets %j', async (secrets) => {
    await expect(read(good, secrets)).rejects.toThrow('secret');
  });
});
