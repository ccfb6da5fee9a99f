import { boundTimeouts, timeoutProblem } from './timeouts.ts';

const bounded = (headers: Record<string, unknown>) => {
  boundTimeouts(headers);
  return headers;
};

it.each([
  ['99999999H', '2147483S'],
  ['597H', '2147483S'],
  ['596H', '596H'],
  ['99999999M', '2147483S'],
  ['2147484S', '2147483S'],
  ['2147483S', '2147483S'],
  ['99999999m', '99999999m'],
  ['99999999u', '99999999u'],
  ['999999999H', '999999999H'], // gRPC allows at most eight digits
  ['soon', 'soon'],
])('grpc-timeout %s is %s', (given, left) =>
  expect(bounded({ 'grpc-timeout': given })).toEqual({ 'grpc-timeout': left }),
);

it.each([
  ['9999999999', '2147483647'],
  ['2147483648', '2147483647'],
  ['2147483647', '2147483647'],
  ['1', '1'],
  ['99999999999', '99999999999'], // Connect allows at most ten digits
  ['-1', '-1'],
])('connect-timeout-ms %s is %s', (given, left) =>
  expect(bounded({ 'connect-timeout-ms': given })).toEqual({ 'connect-timeout-ms': left }),
);

it('adds no timeout to headers without one', () =>
  expect(bounded({ te: 'trailers' })).toEqual({ te: 'trailers' }));

it.each(['0n', '1u', '99999999m', '60S', '99999999M', '99999999H', undefined])(
  'accepts the grpc-timeout %j',
  (value) => expect(timeoutProblem({ 'grpc-timeout': value }, 'grpc-timeout')).toBeUndefined(),
);

it.each([
  '',
  '5',
  'S',
  '-1S',
  '+1S',
  '1.5S',
  '1e3S',
  ' 1S',
  '1S\n',
  '1s',
  '1h',
  '100000000H',
  '1S, 1S',
  '\u0661S',
])('refuses the grpc-timeout %j', (value) =>
  expect(timeoutProblem({ 'grpc-timeout': value }, 'grpc-timeout')).toBe(
    'grpc-timeout: must be 1 to 8 digits and one of H, M, S, m, u, n',
  ),
);

it.each(['0', '1', '9999999999', undefined])('accepts the connect-timeout-ms %j', (value) =>
  expect(timeoutProblem({ 'connect-timeout-ms': value }, 'connect-timeout-ms')).toBeUndefined(),
);

it.each(['', '-1', '1.5', '1e3', '5S', '0x1', '10000000000', '1, 1'])(
  'refuses the connect-timeout-ms %j',
  (value) =>
    expect(timeoutProblem({ 'connect-timeout-ms': value }, 'connect-timeout-ms')).toBe(
      'connect-timeout-ms: must be 1 to 10 digits',
    ),
);
