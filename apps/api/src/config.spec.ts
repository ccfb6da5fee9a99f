import { apiEnv } from './config.ts';

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
