import { advise } from './advise.ts';

const failure = (code: string | undefined, message = 'no') => Object.assign(new Error(message), { code });

it.each([
  ['28P01', 'no', 'it refuses the login, see CORE_DB_USER and CORE_DB_PASSWORD'],
  ['28000', 'no', 'it refuses the login, see CORE_DB_USER and CORE_DB_PASSWORD'],
  ['3D000', 'no', 'see CORE_DB_NAME'],
  ['ECONNREFUSED', '', 'see CORE_DB_HOST and CORE_DB_PORT'],
  [undefined, 'timeout expired', 'see CORE_DB_HOST and CORE_DB_PORT'],
  [undefined, 'The server does not support SSL connections', 'see CORE_DB_TLS'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', 'see CORE_DB_TLS'],
])('advises for %s "%s": %s', (code, message, advice) =>
  expect(advise(failure(code, message))).toContain(advice),
);

it('names the variable of another role', () =>
  expect(advise(failure('28P01'), 'CORE_DB_SEALER_PASSWORD')).toContain(
    'login, see CORE_DB_SEALER_PASSWORD;',
  ));

it.each(['57P03', '42501', '53300'])('gives no advice for %s: the server itself reports the cause', (code) =>
  expect(advise(failure(code))).toBeUndefined(),
);
