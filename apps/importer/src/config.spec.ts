import { readEnv } from '@core/runtime';
import { importerEnv } from './config.ts';

describe('REDIS_URL', () => {
  const { REDIS_URL } = importerEnv;
  const readUrl = (value: string) => readEnv({ REDIS_URL }, { REDIS_URL: value }).REDIS_URL;

  it.each(['redis://localhost:6379', 'rediss://:secret@redis.example.com/3', 'REDIS://user:secret@10.0.0.1'])(
    'accepts %s',
    (value) => expect(readUrl(value)).toBe(value),
  );

  it.each([
    'redis+sentinel://:secret@sentinel-1:26379/mymaster',
    'sentinel://sentinel-1:26379',
    'redis-cluster://redis-1:6379',
    'rediss+cluster://redis-1:6379',
    'redis-socket:///run/redis.sock',
    'unix:///run/redis.sock',
    '/run/redis.sock',
    'http://redis:6379',
    'localhost:6379',
    'redis:6379',
    'redis://',
    'redis',
  ])('refuses %s, and says what to set', (value) => {
    const refused = () => readUrl(value);
    expect(refused).toThrow(
      /REDIS_URL: must be a URL that begins with redis:\/\/ or rediss:\/\/ and a host; .*REDIS_SENTINELS/,
    );
    expect(refused).not.toThrow('secret');
  });
});

describe('REDIS_SENTINELS', () => {
  /** Returns the problems that name Redis. The rest of the environment is missing. */
  const problems = (given: Record<string, string>): string[] => {
    try {
      readEnv(importerEnv, given);
    } catch (error) {
      return (error as Error).message.match(/REDIS_.*/g) ?? [];
    }
    throw new Error('the rest of the environment is required');
  };
  const SENTINELS = { REDIS_SENTINELS: 'sentinel-1:26379, 10.0.0.2:26379' };

  it.each<[string, Record<string, string>]>([
    ['none', {}],
    ['some', SENTINELS],
    [
      'some, with all their settings',
      {
        ...SENTINELS,
        REDIS_URL: 'rediss://core:secret@redis/3',
        REDIS_SENTINEL_NAME: 'core',
        REDIS_SENTINEL_USER: 'core',
        REDIS_SENTINEL_PASSWORD: 'secret',
        REDIS_SENTINEL_TLS: 'true',
      },
    ],
  ])('accepts %s', (_, given) => expect(problems(given)).toEqual([]));

  it.each([
    'sentinel-1',
    'sentinel-1:',
    'sentinel-1:99999',
    'sentinel-1:0',
    'sentinel-1:26379,',
    ':26379',
    'redis://a:26379,redis://b:26379',
    'sentinel-1:26379,rediss://b:26379',
    'user:secret@a:26379',
    'a:26379/0',
    'a b:26379',
    'a:1:26379',
  ])('refuses %s', (value) =>
    expect(problems({ REDIS_SENTINELS: value })).toEqual(['REDIS_SENTINELS: must be host:port,host:port']),
  );

  it.each([
    ['REDIS_SENTINEL_NAME', 'core'],
    ['REDIS_SENTINEL_PASSWORD', 'secret'],
    ['REDIS_SENTINEL_TLS', 'true'],
  ])('is required for %s', (name, value) =>
    expect(problems({ [name]: value })).toEqual([`${name} needs REDIS_SENTINELS`]),
  );

  it('refuses a user without a password', () =>
    expect(problems({ ...SENTINELS, REDIS_SENTINEL_USER: 'core' })).toEqual([
      'REDIS_SENTINEL_USER needs REDIS_SENTINEL_PASSWORD',
    ]));
});

describe('SHOPIFY_WEBHOOKS', () => {
  /** Returns the problems that name it. The rest of the environment is missing. */
  const problems = (given: Record<string, string>): string[] => {
    try {
      readEnv(importerEnv, given);
    } catch (error) {
      return (error as Error).message.match(/SHOPIFY_WEBHOOKS.*/g) ?? [];
    }
    throw new Error('the rest of the environment is required');
  };
  const SHOP = { SHOPIFY_WEBHOOKS: 'shop' };

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['an address alone', { CORE_PUBLIC_URL: 'http://core.example.com' }],
    ['shop, with an address', { ...SHOP, CORE_PUBLIC_URL: 'https://core.example.com' }],
    [
      'an address without TLS, for a stand-in',
      { ...SHOP, CORE_PUBLIC_URL: 'http://127.0.0.1:8080', SHOPIFY_BASE_URL: 'http://127.0.0.1/{shop}' },
    ],
  ])('accepts %s', (_, given) => expect(problems(given)).toEqual([]));

  it.each<[string, Record<string, string>, RegExp]>([
    ['another word', { SHOPIFY_WEBHOOKS: 'both' }, /must be .*app.*shop/],
    ['shop without an address', SHOP, /needs CORE_PUBLIC_URL/],
    ['an address without TLS', { ...SHOP, CORE_PUBLIC_URL: 'http://core.example.com' }, /of https/],
  ])('refuses %s', (_, given, problem) => expect(problems(given)).toEqual([expect.stringMatching(problem)]));
});

const { SHOPIFY_API_VERSION } = importerEnv;
const read = (version: string) => readEnv({ SHOPIFY_API_VERSION }, { SHOPIFY_API_VERSION: version });

describe('SHOPIFY_API_VERSION', () => {
  it.each(['2026-01', '2026-10', '2031-04', 'unstable'])('accepts %s', (version) =>
    expect(read(version)).toEqual({ SHOPIFY_API_VERSION: version }),
  );

  it.each(['2026-02', '2026', '2026-1', '26-10', '2026-10-01', 'latest', '2026-10/../x'])(
    'refuses %s',
    (version) => expect(() => read(version)).toThrow('SHOPIFY_API_VERSION: must be YYYY-MM'),
  );

  it.each(['2025-10', '2019-04'])('refuses the old version %s', (version) =>
    expect(() => read(version)).toThrow('SHOPIFY_API_VERSION: must be 2026-01 or later'),
  );
});
