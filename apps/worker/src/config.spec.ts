import { readEnv } from '@core/runtime';
import { sealerOf, shopRedactionPolicy, signersOf, workerEnv } from './config.ts';

const policyOf = (env: Record<string, string>) =>
  shopRedactionPolicy(
    readEnv(workerEnv, {
      CORE_DB_USER: 'core_worker',
      CORE_DB_PASSWORD: 'spec',
      CORE_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
      CORE_DB_SEALER_PASSWORD: 'spec',
      CORE_EVENTS_SIGNATURES: 'off',
      ...env,
    }),
  );

it.each([
  [{}, { wait: 0, most: 3 }],
  [{ NODE_ENV: 'production' }, { wait: 86_400, most: 3 }],
  [
    { NODE_ENV: 'production', CORE_SHOP_REDACT_WAIT: '0' },
    { wait: 0, most: 3 },
  ],
  [
    { CORE_SHOP_REDACT_WAIT: '2505600', CORE_SHOP_REDACT_MOST: '0' },
    { wait: 2_505_600, most: 0 },
  ],
])('reads from %j the policy %j', (env, policy) => expect(policyOf(env as never)).toEqual(policy));

it('refuses a wait that leaves less than one of the thirty days', () =>
  expect(() => policyOf({ CORE_SHOP_REDACT_WAIT: '2505601' })).toThrow(
    'CORE_SHOP_REDACT_WAIT: must be a whole number from 0 to 2505600',
  ));

it('requires a direct address with a transaction pooler, and with no other', () => {
  const read = (env: Record<string, string>) => () => policyOf(env);
  expect(read({ CORE_DB_POOLER: 'transaction' })).toThrow(
    'CORE_DB_POOLER=transaction needs CORE_DB_DIRECT, for LISTEN and the relay: host:port of PostgreSQL itself',
  );
  expect(read({ CORE_DB_POOLER: 'transaction', CORE_DB_DIRECT: 'postgres:5432' })).not.toThrow();
  expect(read({ CORE_DB_POOLER: 'session' })).not.toThrow();
  expect(read({ CORE_DB_DIRECT: 'postgres' })).toThrow('CORE_DB_DIRECT: must be host:port');
});

const required = (env: Record<string, string>) => () => policyOf({ CORE_EVENTS_SIGNATURES: '', ...env });
const JWKS = '{"keys":[]}';

it.each([
  [{ NODE_ENV: 'production' }],
  [{ NODE_ENV: 'production', CORE_EVENTS_SIGNATURES: 'auto' }],
  [{ CORE_EVENTS_SIGNATURES: 'required' }],
])('requires signature keys with %j', (env) => {
  expect(required(env)).toThrow('records of gdpr_request.created must be signed: set CORE_EVENTS_JWKS');
  expect(required({ ...env, CORE_EVENTS_JWKS: JWKS })).not.toThrow();
});

it('requires the password of the sealer in production', () => {
  const env = { NODE_ENV: 'production', CORE_EVENTS_JWKS: JWKS };
  expect(required({ ...env, CORE_DB_SEALER_PASSWORD: '' })).toThrow(
    'CORE_DB_SEALER_PASSWORD: is required in production',
  );
  expect(required({ CORE_DB_SEALER_PASSWORD: '' })).not.toThrow();
});

describe('without readEnv', () => {
  const production = { NODE_ENV: 'production' } as const;
  const keys = { keys: { keys: [] } };

  it('accepts unsigned records only if that is explicit or allowed', () => {
    const signers = (env: Partial<Parameters<typeof signersOf>[0]>) =>
      signersOf({
        CORE_EVENTS_JWKS: undefined,
        CORE_EVENTS_SIGNATURES: 'auto',
        NODE_ENV: 'development',
        ...env,
      });
    expect(() => signers(production)).toThrow('set CORE_EVENTS_JWKS');
    expect(() => signers({ CORE_EVENTS_SIGNATURES: 'required' })).toThrow('set CORE_EVENTS_JWKS');
    expect(signers({ ...production, CORE_EVENTS_JWKS: keys })).toBe(keys);
    expect(signers({ ...production, CORE_EVENTS_SIGNATURES: 'off', CORE_EVENTS_JWKS: keys })).toBe('off');
    expect(signers({})).toBe('off');
  });

  it('leaves the audit log unsealed only outside of production', () => {
    const sealer = (password: string | undefined, NODE_ENV: 'production' | 'development') =>
      sealerOf({ CORE_DB_SEALER_PASSWORD: password, NODE_ENV });
    expect(() => sealer(undefined, 'production')).toThrow(
      'CORE_DB_SEALER_PASSWORD: is required in production',
    );
    expect(sealer('secret', 'production')).toEqual({ password: 'secret' });
    expect(sealer(undefined, 'development')).toBe('off');
  });
});
