import { readEnv } from '@core/runtime';
import { importerEnv } from './config.ts';

describe('REDIS_URL', () => {
  const { REDIS_URL } = importerEnv;
  const readUrl = (value: string) => readEnv({ REDIS_URL }, { REDIS_URL: value }).REDIS_URL;

  it.each(['redis://localhost:6379', 'rediss://:secret@redis.example.com/3', 'REDIS://user:secret@10.0.0.1'])(
    'may be %s',
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
  ])('may not be %s, and says what to set', (value) => {
    const refused = () => readUrl(value);
    expect(refused).toThrow(
      /REDIS_URL: must be a URL that begins with redis:\/\/ or rediss:\/\/ and a host; .*REDIS_SENTINELS/,
    );
    expect(refused).not.toThrow('secret');
  });
});

const { SHOPIFY_API_VERSION } = importerEnv;
const read = (version: string) => readEnv({ SHOPIFY_API_VERSION }, { SHOPIFY_API_VERSION: version });

describe('SHOPIFY_API_VERSION', () => {
  it.each(['2026-01', '2026-10', '2031-04', 'unstable'])('may be %s', (version) =>
    expect(read(version)).toEqual({ SHOPIFY_API_VERSION: version }),
  );

  it.each(['2026-02', '2026', '2026-1', '26-10', '2026-10-01', 'latest', '2026-10/../x'])(
    'may not be %s',
    (version) => expect(() => read(version)).toThrow('SHOPIFY_API_VERSION: must be YYYY-MM'),
  );

  it.each(['2025-10', '2019-04'])('is too old with %s', (version) =>
    expect(() => read(version)).toThrow('SHOPIFY_API_VERSION: must be 2026-01 or later'),
  );
});
