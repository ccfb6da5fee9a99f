// tag: compliance
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { DEV_CLIENT_ID, DEV_CLIENT_SECRET } from '@core/shopify-stand-in';
import { openApi, type TestApi } from './support.ts';
import { talk } from './talk.ts';

const STYLE = 'body { margin: 0 }\n@media (width <= 40em) { p { margin: 0 } }';
const HTML = `<!doctype html><style id="s">${STYLE}</style><script type="module" src="/console/assets/a-1.js"></script>`;
const SCRIPT = 'console.log("the console");'.repeat(100);
const SHOP = 'candles.myshopify.com';

let folder: string;
let api: TestApi;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'core-console-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'secret.txt'), 'not served');
  for (const [name, text] of [
    ['index.html', HTML],
    ['assets/a-1.js', SCRIPT],
  ] as const) {
    writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(text));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(text));
  }
  const app = { SHOPIFY_CLIENT_ID: DEV_CLIENT_ID, SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET };
  api = await openApi({ env: { ...app, CORE_CONSOLE_DIR: folder } });
});
afterAll(async () => {
  await api?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${api.url}${path}`, { headers: { 'accept-encoding': 'identity', ...headers } });
const policyOf = (reply: Response) =>
  new Map(
    (reply.headers.get('content-security-policy') ?? '').split('; ').map((each) => {
      const [name = '', ...sources] = each.split(' ');
      return [name, sources.join(' ')];
    }),
  );

it.each([
  '/console',
  '/console/',
  '/console/imports',
  '/console/imports/01900000-0000-7000-8000-000000000000',
])('serves the document at %s, never stored', async (path) => {
  const reply = await get(path);
  expect([reply.status, await reply.text()]).toEqual([200, HTML]);
  expect(reply.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(reply.headers.get('cache-control')).toBe('no-store');
  expect(reply.headers.get('set-cookie')).toBeNull();
});

it('refuses every script and style that is not of the build, and every frame', async () => {
  const reply = await get('/console');
  const hash = createHash('sha256').update(STYLE).digest('base64');
  expect(Object.fromEntries(policyOf(reply))).toEqual({
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': `'sha256-${hash}'`,
    'img-src': 'data:',
    'connect-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': "'none'",
  });
  expect(Object.fromEntries(reply.headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': expect.stringContaining('camera=(), '),
  });
  expect(reply.headers.has('x-frame-options')).toBe(false);
});

// The shop of a signed query may show the document of /shopify: console-token.spec.
it('is in no frame by a query, also by one that Shopify has signed', async () => {
  const reply = await get(`/console${new URL(api.shopify.shop(SHOP).openApp()).search}`);
  expect(reply.status).toBe(200);
  expect(policyOf(reply).get('frame-ancestors')).toBe("'none'");
});

describe('an asset', () => {
  const path = '/console/assets/a-1.js';

  it('is stored for a year, and answered 304 by its hash', async () => {
    const reply = await get(path);
    expect([reply.status, await reply.text()]).toEqual([200, SCRIPT]);
    expect(reply.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const etag = reply.headers.get('etag') ?? '';
    const again = await get(path, { 'if-none-match': etag });
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
  });

  it.each([
    ['gzip', gzipSync(SCRIPT).length],
    ['br', brotliCompressSync(SCRIPT).length],
  ])('is sent as %s was written by the build', async (coding, length) => {
    const reply = await get(path, { 'accept-encoding': coding });
    expect(reply.headers.get('content-encoding')).toBe(coding);
    expect(Number(reply.headers.get('content-length'))).toBe(length);
    expect(reply.headers.get('vary')).toContain('Accept-Encoding');
    expect(await reply.text()).toBe(SCRIPT);
  });

  it('has no body for HEAD', async () => {
    const reply = await fetch(`${api.url}${path}`, {
      method: 'HEAD',
      headers: { 'accept-encoding': 'identity' },
    });
    expect([reply.status, reply.headers.get('content-length'), await reply.text()]).toEqual([
      200,
      String(SCRIPT.length),
      '',
    ]);
  });
});

it.each([
  '/console/assets/',
  '/console/assets/nothing.js',
  '/console/assets/../secret.txt',
  '/console/assets/%2e%2e/%2e%2e/secret.txt',
  '/console/assets/%2e%2e/secret.txt',
  '/console/assets/a-1.js.gz',
  '/console/assets//a-1.js',
  '/console/assets/__proto__',
])('serves nothing at %s', async (path) => {
  const [host, port] = [`127.0.0.1:${api.httpPort}`, api.httpPort];
  // fetch would resolve the dots itself.
  const reply = await talk(port, `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  expect(reply).toMatch(/^HTTP\/1\.1 404 /);
  expect(reply).not.toContain('not served');
});

it('answers other methods 405', async () => {
  const reply = await fetch(`${api.url}/console`, { method: 'POST', body: 'x' });
  expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

it('says what to run when the console is not built', async () => {
  const own = await openApi();
  try {
    const reply = await fetch(`${own.url}/console`);
    expect([reply.status, await reply.text()]).toEqual([404, expect.stringContaining('npx nx build')]);
  } finally {
    await own.stop();
  }
});
