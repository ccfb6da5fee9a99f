import { apiEnv, callersOf } from './config.ts';

const { parse } = apiEnv.AUTH_GRPC_URL;

describe('AUTH_GRPC_URL', () => {
  it.each([
    [undefined, 'localhost:50061', false],
    ['auth:50061', 'auth:50061', false],
    ['http://auth.internal:80', 'auth.internal:80', false],
    ['https://auth.internal:443/', 'auth.internal:443', true],
    ['[::1]:50061', '[::1]:50061', false],
  ])('%s is %s', (raw, target, tls) => expect(parse(raw)).toEqual({ target, tls }));

  it.each(['auth', 'ftp://auth:1', 'http://auth', 'auth:50061/path', 'auth:port'])('refuses %s', (raw) =>
    expect(() => parse(raw)).toThrow('must be host:port'),
  );
});

it('LOG_LEVEL names a level', () => {
  expect(apiEnv.LOG_LEVEL.parse(undefined)).toBe('info');
  expect(() => apiEnv.LOG_LEVEL.parse('loud')).toThrow('must be one of trace');
});

describe('without readEnv', () => {
  const callers = (env: Partial<Parameters<typeof callersOf>[0]>) =>
    callersOf({
      CORE_AUTH_ISSUER: undefined,
      CORE_AUTH_AUDIENCE: undefined,
      CORE_AUTH_JWKS: undefined,
      CORE_GRPC_TLS_CLIENT_CA: undefined,
      CORE_GRPC_TLS_CLIENTS: [],
      NODE_ENV: 'development',
      ...env,
    });
  const source = { keys: { keys: [] } };
  const clients = [{ caller: 'points', scopes: new Set<never>() }];

  it('admits all callers only outside production, and only without any authentication setting', () => {
    expect(callers({})).toBe('unauthenticated');
    expect(() => callers({ NODE_ENV: 'production' })).toThrow('in production callers must be authenticated');
  });

  it.each<[string, Parameters<typeof callers>[0]]>([
    [
      'an issuer without its keys',
      { CORE_AUTH_ISSUER: 'https://auth.example.com', CORE_AUTH_AUDIENCE: 'core' },
    ],
    ['keys without an issuer', { CORE_AUTH_JWKS: source }],
    ['clients without their authority', { CORE_GRPC_TLS_CLIENTS: clients }],
  ])('%s admits no caller', (_, env) => {
    for (const NODE_ENV of ['development', 'production'] as const) {
      expect(() => callers({ ...env, NODE_ENV })).toThrow(/CORE_AUTH_|CORE_GRPC_TLS_/);
    }
  });

  it('authenticates callers by each complete set of settings', () => {
    const [issuer, audience] = ['https://auth.example.com', 'core'];
    const tokens = { CORE_AUTH_ISSUER: issuer, CORE_AUTH_AUDIENCE: audience, CORE_AUTH_JWKS: source };
    expect(callers({ ...tokens, NODE_ENV: 'production' })).toEqual({
      tokens: { issuer, audience, source },
      clients: undefined,
    });
    expect(callers({ CORE_GRPC_TLS_CLIENT_CA: '/ca.crt', CORE_GRPC_TLS_CLIENTS: clients })).toEqual({
      tokens: undefined,
      clients,
    });
  });
});
