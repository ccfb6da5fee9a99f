import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { loadLibrary } from './load-library.ts';
import { SessionTokenRefused } from './session-claims.ts';
import { createSessionTokenReader } from './session-token.ts';

const CLIENT_ID = 'client-id-of-the-app';
const [SECRET, OLD_SECRET] = ['shpss-the-current-secret', 'shpss-the-previous-secret'];
const SHOP = 'a-shop.myshopify.com';
const NOW = Date.parse('2026-11-02T03:04:05.900Z');
const NOW_S = Math.floor(NOW / 1_000);

type Json = Record<string, unknown>;
const GOOD: Json = {
  iss: `https://${SHOP}/admin`,
  dest: `https://${SHOP}`,
  aud: CLIENT_ID,
  sub: '42',
  exp: NOW_S + 60,
  nbf: NOW_S,
  iat: NOW_S,
  jti: 'f8912129-1af6-4cad-9ca3-76b0f7621087',
  sid: 'aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685',
};
const HEADER = { alg: 'HS256', typ: 'JWT' };

const encode = (text: string) => Buffer.from(text).toString('base64url');
const hmac = (input: string, secret: string, hash = 'sha256') =>
  createHmac(hash, secret).update(input).digest('base64url');
/** Signs any texts, also those that are not JSON. */
const signTexts = (header: string, payload: string, secret = SECRET, hash = 'sha256') => {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${hmac(input, secret, hash)}`;
};
/** Signs the good claims with a change. */
const sign = (change: Json = {}, header: Json = {}, secret = SECRET, hash = 'sha256') =>
  signTexts(JSON.stringify({ ...HEADER, ...header }), JSON.stringify({ ...GOOD, ...change }), secret, hash);
/** Signs claims of which iss and dest agree. */
const from = (dest: unknown, change: Json = {}) => sign({ dest, iss: `${String(dest)}/admin`, ...change });
/** Signs with the owner of a key pair. */
const signByKey = (alg: string, key: KeyObject, claims: Json = GOOD, typ = 'JWT') => {
  const input = `${encode(JSON.stringify({ alg, typ }))}.${encode(JSON.stringify(claims))}`;
  const signature = createSign('sha256').update(input).sign({ key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
};
const without = (claim: string) => sign({ [claim]: undefined });
/** Replaces a number in the JSON of the good claims by a text. */
const withNumber = (claim: string, text: string) =>
  signTexts(JSON.stringify(HEADER), JSON.stringify({ ...GOOD, [claim]: 'HERE' }).replace('"HERE"', text));

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const good = sign();
const [header = '', payload = '', signature = ''] = good.split('.');
const serviceClaims = { ...GOOD, iss: 'https://auth.example.com', scope: 'customers:read customers:write' };

/** Each forged or damaged token with a word of the reason. */
const REFUSED: [what: string, token: string, reason: string][] = [
  // Algorithms.
  ['alg none without a signature', `${encode('{"alg":"none"}')}.${payload}.`, 'HS256'],
  ['alg none with a signature', sign({}, { alg: 'none' }), 'signature'],
  ['alg None', sign({}, { alg: 'None' }), 'signature'],
  ['alg hs256', sign({}, { alg: 'hs256' }), 'signature'],
  ['no alg', sign({}, { alg: undefined }), 'signature'],
  ['a list as alg', sign({}, { alg: ['HS256'] }), 'signature'],
  ['HS384', sign({}, { alg: 'HS384' }, SECRET, 'sha384'), 'HS256'],
  ['HS512', sign({}, { alg: 'HS512' }, SECRET, 'sha512'), 'HS256'],
  ['HS384 with a signature of HS256', sign({}, { alg: 'HS384' }), 'signature'],
  ['HS512 with a signature of HS256', sign({}, { alg: 'HS512' }), 'signature'],
  ['HS256 with a signature of HS512', sign({}, {}, SECRET, 'sha512'), 'HS256'],
  ['RS256', signByKey('RS256', rsa.privateKey), 'HS256'],
  ['RS256, signed with the secret', sign({}, { alg: 'RS256' }), 'signature'],
  ['HS256, signed with the public key', sign({}, {}, publicPem), 'signature'],
  ['ES256', signByKey('ES256', ec.privateKey), 'HS256'],
  ['ES256, signed with the secret', sign({}, { alg: 'ES256' }), 'signature'],

  // Secrets.
  ['the secret of another app', sign({}, {}, 'shpss-the-secret-of-another-app'), 'signature'],
  ['an empty secret', sign({}, {}, ''), 'signature'],
  ['a secret of a null byte', sign({}, {}, '\0'), 'signature'],
  ['the client id as the secret', sign({}, {}, CLIENT_ID), 'signature'],
  ['the secret with a line break', sign({}, {}, `${SECRET}\n`), 'signature'],
  ['the secret in upper case', sign({}, {}, SECRET.toUpperCase()), 'signature'],
  [
    'the signature of other claims',
    `${header}.${encode(JSON.stringify({ ...GOOD, sub: '1' }))}.${signature}`,
    'signature',
  ],
  [
    'the signature of another header',
    `${encode('{"typ":"JWT","alg":"HS256"}')}.${payload}.${signature}`,
    'signature',
  ],

  // The app.
  ['another app', sign({ aud: 'client-id-of-another-app' }), 'aud'],
  ['the client id with a suffix', sign({ aud: `${CLIENT_ID}2` }), 'aud'],
  ['the client id in upper case', sign({ aud: CLIENT_ID.toUpperCase() }), 'aud'],
  ['an empty aud', sign({ aud: '' }), 'aud'],
  ['a list with the client id', sign({ aud: [CLIENT_ID] }), 'aud'],
  ['a list of two apps', sign({ aud: [CLIENT_ID, 'client-id-of-another-app'] }), 'aud'],
  ['an object as aud', sign({ aud: { [CLIENT_ID]: true } }), 'aud'],

  // Missing claims.
  ...['iss', 'dest', 'aud', 'sub', 'exp', 'nbf', 'iat'].map((claim): [string, string, string] => [
    `no ${claim}`,
    without(claim),
    claim,
  ]),
  ...['iss', 'dest', 'aud', 'sub', 'exp', 'nbf', 'iat'].map((claim): [string, string, string] => [
    `null as ${claim}`,
    sign({ [claim]: null }),
    claim,
  ]),
  [
    'claims in the prototype',
    signTexts(JSON.stringify(HEADER), `{"__proto__":${JSON.stringify(GOOD)}}`),
    'aud',
  ],

  // The shop.
  ['the dest of another shop', sign({ dest: 'https://b.myshopify.com' }), 'iss'],
  ['the iss of another shop', sign({ iss: 'https://b.myshopify.com/admin' }), 'iss'],
  ['the iss of another host', sign({ iss: 'https://evil.example/admin' }), 'iss'],
  ['an iss without /admin', sign({ iss: `https://${SHOP}` }), 'iss'],
  ['an iss with a trailing slash', sign({ iss: `https://${SHOP}/admin/` }), 'iss'],
  ['an iss in upper case', sign({ iss: `https://${SHOP.toUpperCase()}/admin` }), 'iss'],
  ['an iss without encryption', sign({ iss: `http://${SHOP}/admin` }), 'iss'],
  ['a list as iss', sign({ iss: [GOOD['iss']] }), 'iss'],
  ['the new admin as iss', sign({ iss: 'https://admin.shopify.com/store/a-shop' }), 'iss'],
  ['a list as dest', from([GOOD['dest']]), 'dest'],
  ['another host', from('https://evil.example'), 'dest'],
  ['the domain as a subdomain', from(`https://${SHOP}.evil.example`), 'dest'],
  ['the domain as a suffix', from('https://evil-myshopify.com'), 'dest'],
  ['the domain as user info', from(`https://${SHOP}@evil.example`), 'dest'],
  ['user info', from(`https://user:password@${SHOP}`), 'dest'],
  ['a port', from(`https://${SHOP}:443`), 'dest'],
  ['upper case', from(`https://A-Shop.myshopify.com`), 'dest'],
  ['an upper-case scheme', from(`HTTPS://${SHOP}`), 'dest'],
  ['a path', from(`https://evil.example/${SHOP}`), 'dest'],
  ['a trailing slash', from(`https://${SHOP}/`), 'dest'],
  ['a trailing dot', from(`https://${SHOP}.`), 'dest'],
  ['a query', from(`https://evil.example?${SHOP}`), 'dest'],
  ['a fragment', from(`https://evil.example#.myshopify.com`), 'dest'],
  ['a backslash', from(`https://evil.example\\.myshopify.com`), 'dest'],
  ['an encoded dot', from('https://a%2emyshopify.com'), 'dest'],
  ['a line break', from(`https://${SHOP}\n`), 'dest'],
  ['a space before the shop', from(` https://${SHOP}`), 'dest'],
  ['no scheme', from(SHOP), 'dest'],
  ['no encryption', from(`http://${SHOP}`), 'dest'],
  ['two schemes', from(`https://https://${SHOP}`), 'dest'],
  ['a subdomain of a shop', from(`https://b.${SHOP}`), 'dest'],
  ['no name', from('https://.myshopify.com'), 'dest'],
  ['myshopify.com itself', from('https://myshopify.com'), 'dest'],
  ['a letter that only looks like one', from('https://\u0430-shop.myshopify.com'), 'dest'],
  ['a name of 1,000 characters', from(`https://${'a'.repeat(1_000)}.myshopify.com`), 'dest'],

  // Times.
  ['exactly past the tolerance of exp', sign({ exp: NOW_S - 10, nbf: NOW_S - 70, iat: NOW_S - 70 }), 'exp'],
  ['a token of yesterday', sign({ exp: NOW_S - 86_340, nbf: NOW_S - 86_400, iat: NOW_S - 86_400 }), 'exp'],
  ['exp before 1970', sign({ exp: -1 }), 'exp'],
  ['exactly past the tolerance of nbf', sign({ nbf: NOW_S + 11 }), 'nbf'],
  ['exactly past the tolerance of iat', sign({ iat: NOW_S + 11 }), 'iat'],
  ['a token of tomorrow', sign({ exp: NOW_S + 86_460, nbf: NOW_S + 86_400, iat: NOW_S + 86_400 }), 'nbf'],
  ['a lifetime of 301 seconds', sign({ exp: NOW_S + 301 }), 'exp'],
  ['a lifetime of 301 seconds since nbf', sign({ nbf: NOW_S - 241 }), 'exp'],
  ['a lifetime of ten years', sign({ exp: NOW_S + 10 * 365 * 86_400 }), 'exp'],
  ['milliseconds as exp', sign({ exp: NOW + 60_000 }), 'exp'],
  ['an exp beyond all numbers', withNumber('exp', '1e999'), 'exp'],
  ['an nbf below all numbers', withNumber('nbf', '-1e999'), 'nbf'],
  ['an iat below all numbers', withNumber('iat', '-1e999'), 'iat'],
  ['a text as exp', sign({ exp: String(NOW_S + 60) }), 'exp'],
  ['a text as nbf', sign({ nbf: String(NOW_S) }), 'nbf'],
  ['a text as iat', sign({ iat: String(NOW_S) }), 'iat'],
  ['a date as exp', sign({ exp: '2026-11-02T03:05:05Z' }), 'exp'],
  ['a list as exp', sign({ exp: [NOW_S + 60] }), 'exp'],
  ['an object as exp', sign({ exp: {} }), 'exp'],
  ['true as nbf', sign({ nbf: true }), 'nbf'],
  ['NaN as exp', withNumber('exp', 'NaN'), 'claims'],
  ['Infinity as exp', withNumber('exp', 'Infinity'), 'claims'],

  // The user.
  ['an empty sub', sign({ sub: '' }), 'sub'],
  ['a number as sub', sign({ sub: 42 }), 'sub'],
  ['a list as sub', sign({ sub: ['42'] }), 'sub'],
  ['a line break in sub', sign({ sub: '42\nadmin' }), 'sub'],
  ['a null byte in sub', sign({ sub: '42\0' }), 'sub'],
  ['a sub of 1,000 characters', sign({ sub: '4'.repeat(1_000) }), 'sub'],

  // The form.
  ['an empty text', '', 'parts'],
  ['only dots', '..', 'parts'],
  ['no token', 'undefined', 'parts'],
  ['one part', header, 'parts'],
  ['two parts', `${header}.${payload}`, 'parts'],
  ['an empty signature', `${header}.${payload}.`, 'parts'],
  ['an empty header', `.${payload}.${signature}`, 'parts'],
  ['an empty payload', `${header}..${signature}`, 'parts'],
  ['two signatures', `${good}.${signature}`, 'parts'],
  ['five parts, as an encrypted token', `${header}.${payload}.${payload}.${payload}.${signature}`, 'parts'],
  ['two tokens', `${good},${good}`, 'parts'],
  [
    'the JSON form with two signatures',
    JSON.stringify({
      payload,
      signatures: [
        { protected: header, signature },
        { protected: header, signature },
      ],
    }),
    'parts',
  ],
  ['the JSON form', JSON.stringify({ payload, protected: header, signature }), 'parts'],
  ['a padded signature', `${good}=`, 'parts'],
  ['a padded header', `${header}=.${payload}.${signature}`, 'parts'],
  ['a trailing line break', `${good}\n`, 'parts'],
  ['a trailing space', `${good} `, 'parts'],
  ['a leading space', ` ${good}`, 'parts'],
  [
    'a space in the signature',
    `${header}.${payload}.${signature.slice(0, 9)} ${signature.slice(9)}`,
    'parts',
  ],
  [
    'a null byte in the signature',
    `${header}.${payload}.${signature.slice(0, 9)}\0${signature.slice(9)}`,
    'parts',
  ],
  ['the header with its scheme', `Bearer ${good}`, 'parts'],
  [
    'a signature in hex',
    `${header}.${payload}.${Buffer.from(signature, 'base64url').toString('hex')}`,
    'parts',
  ],
  ['a shorter signature', good.slice(0, -1), 'parts'],
  ['a longer signature', `${good}A`, 'parts'],
  ['another spelling of the last byte', respell(good), 'parts'],
  ['a token of 5,000 characters', sign({ extra: 'x'.repeat(5_000) }), '4096'],
  ['ten million characters', 'a.'.repeat(5_000_000), '4096'],
  ['a list as payload', signTexts(JSON.stringify(HEADER), JSON.stringify([GOOD])), 'claims'],
  ['a text as payload', signTexts(JSON.stringify(HEADER), '"claims"'), 'claims'],
  ['null as payload', signTexts(JSON.stringify(HEADER), 'null'), 'claims'],
  ['a payload that is not JSON', signTexts(JSON.stringify(HEADER), 'claims'), 'claims'],
  ['a header that is not JSON', signTexts('header', JSON.stringify(GOOD)), 'signature'],
  ['a list as header', signTexts(JSON.stringify([HEADER]), JSON.stringify(GOOD)), 'signature'],

  // Headers.
  ['a crit header of an unknown extension', sign({}, { crit: ['exp'], exp: NOW_S + 60 }), 'signature'],
  ['an empty crit header', sign({}, { crit: [] }), 'signature'],
  ['a crit header that is not a list', sign({}, { crit: 'b64', b64: true }), 'signature'],
  ['b64=false', sign({}, { crit: ['b64'], b64: false }), 'signature'],
  ['b64=false with the payload as it is', unencoded(), 'parts'],
  ['a kid that names another key', sign({}, { kid: '/dev/null' }, ''), 'signature'],
  ['a kid with its own key', sign({}, { kid: 'my-own-secret' }, 'my-own-secret'), 'signature'],
  ['a jwk with its own key', sign({}, { jwk: { kty: 'oct', k: encode('my-own') } }, 'my-own'), 'signature'],
  ['a jku with its own keys', sign({}, { jku: 'https://evil.example/keys' }, 'my-own'), 'signature'],

  // Tokens with another purpose.
  ['a nested token', signTexts(JSON.stringify({ ...HEADER, cty: 'JWT' }), good), 'claims'],
  ['a token of the service', signByKey('ES256', ec.privateKey, serviceClaims, 'at+jwt'), 'HS256'],
  ['claims of a token of the service', sign(serviceClaims), 'iss'],
  [
    "a buyer's token of a customer account or a checkout",
    sign({ iss: undefined, dest: SHOP, sub: 'gid://shopify/Customer/1', exp: NOW_S + 300 }),
    'dest',
  ],
  ['a token of a page after a purchase', sign({ iss: 'shopify', dest: undefined, aud: undefined }), 'aud'],
];

/** Sets the two unused bits of the signature's last character. */
function respell(token: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + letters[letters.indexOf(token.at(-1) ?? '') + 1];
}

function unencoded(): string {
  const input = `${encode(JSON.stringify({ ...HEADER, crit: ['b64'], b64: false }))}.${JSON.stringify(GOOD)}`;
  return `${input}.${hmac(input, SECRET)}`;
}

const read = createSessionTokenReader({ clientId: CLIENT_ID, secrets: [SECRET, OLD_SECRET], now: () => NOW });

/** Shopify's library reads the clock of the process. */
beforeEach(() => void jest.useFakeTimers({ now: NOW, doNotFake: EVERYTHING_ELSE }));
afterEach(() => void jest.useRealTimers());

const EVERYTHING_ELSE = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const satisfies string[];

describe('a good token', () => {
  const session = { shop: SHOP, userId: '42', expiresAt: new Date((NOW_S + 60) * 1_000) };

  const accepted: [what: string, token: string, differs?: object][] = [
    ['signed with the secret', sign()],
    ['signed with the previous secret', sign({}, {}, OLD_SECRET)],
    ['without typ', sign({}, { typ: undefined })],
    ['with a kid, which means nothing here', sign({}, { kid: 'a' })],
    ['without jti and sid', sign({ jti: undefined, sid: undefined })],
    ['with further claims', sign({ extra: { a: 1 } })],
    [
      'exactly at the tolerance of exp',
      sign({ exp: NOW_S - 9, nbf: NOW_S - 69, iat: NOW_S - 69 }),
      { expiresAt: new Date((NOW_S - 9) * 1_000) },
    ],
    ['exactly at the tolerance of nbf', sign({ nbf: NOW_S + 10 })],
    ['exactly at the tolerance of iat', sign({ iat: NOW_S + 10 })],
    ['with the longest lifetime', sign({ exp: NOW_S + 300 }), { expiresAt: new Date((NOW_S + 300) * 1_000) }],
    [
      'of the longest shop',
      from(`https://${'a'.repeat(60)}.myshopify.com`),
      { shop: `${'a'.repeat(60)}.myshopify.com` },
    ],
    ['with another user', sign({ sub: '9007199254740993' }), { userId: '9007199254740993' }],
  ];
  it.each(accepted)('is accepted %s', async (...[, token, differs]) =>
    expect(await read(token)).toEqual({ ...session, ...differs }),
  );
});

describe('a forged or damaged token', () => {
  const refusalOf = async (token: string): Promise<Error> =>
    read(token).then(
      () => Promise.reject(new Error('accepted')),
      (error: Error) => error,
    );

  it('has a separate name', () => expect(new Set(REFUSED.map(([what]) => what)).size).toBe(REFUSED.length));

  it.each(REFUSED)('is refused: %s', async (_what, token, reason) => {
    const error = await refusalOf(token);
    expect(error).toBeInstanceOf(SessionTokenRefused);
    expect(error.message).toContain(reason);
    expect(error.cause).toBeUndefined();
    expect(partsIn(token).filter((part) => error.message.includes(part))).toEqual([]);
  });

  it('is refused with any other character at any place', async () => {
    const changed = [...good].flatMap((char, at) =>
      [...'A_=+/. \n']
        .filter((other) => other !== char)
        .map((other) => good.slice(0, at) + other + good.slice(at + 1)),
    );
    for (const token of changed) expect(await refusalOf(token)).toBeInstanceOf(SessionTokenRefused);
  });

  it('is refused when it is cut at any place', async () => {
    for (let length = 0; length < good.length; length++) {
      expect(await refusalOf(good.slice(0, length))).toBeInstanceOf(SessionTokenRefused);
    }
  });

  it('is refused by our clock, too', async () => {
    const later = createSessionTokenReader({
      clientId: CLIENT_ID,
      secrets: [SECRET],
      now: () => NOW + 70_000,
    });
    await expect(later(good)).rejects.toThrow('has expired: exp');
  });
});

/** The texts of a token that no message may contain: windows of it, and its values. */
function partsIn(token: string): string[] {
  const text = token.slice(0, 5_000);
  const windows = Array.from({ length: Math.max(0, text.length - 9) }, (_, at) => text.slice(at, at + 10));
  return [...windows, 'evil', 'shopify.com', CLIENT_ID, 'client-id', SECRET, '42', 'gid:', 'customers:read'];
}

/** Reasons for our own checks: docs/adr/0032-shopify-oauth.md. A newer library may refuse some of them. */
it.each([
  "a buyer's token of a customer account or a checkout",
  'the iss of another shop',
  'the domain as a subdomain',
  'no exp',
  'no sub',
  'a lifetime of ten years',
  'exactly past the tolerance of iat',
  'a trailing line break',
  'another spelling of the last byte',
])('is refused, but not by Shopify’s library alone: %s', async (which) => {
  const token = REFUSED.find(([what]) => what === which)?.[1] ?? '';
  const [library] = await loadLibrary(CLIENT_ID, [SECRET]);
  expect(await library?.session.decodeSessionToken(token)).toMatchObject({ aud: CLIENT_ID });
});

it.each([
  [{ clientId: '', secrets: [SECRET] }, 'client id'],
  [{ clientId: CLIENT_ID, secrets: [] }, 'secret'],
  [{ clientId: CLIENT_ID, secrets: [''] }, 'secret'],
  [{ clientId: CLIENT_ID, secrets: [SECRET, ''] }, 'secret'],
])('refuses the settings %j', (options, what) =>
  expect(() => createSessionTokenReader(options)).toThrow(what),
);
