import { readEnv } from '@core/runtime';
import { importerEnv } from './config.ts';

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
