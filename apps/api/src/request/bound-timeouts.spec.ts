import { boundTimeouts } from './bound-timeouts.ts';

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
  ['999999999H', '999999999H'], // gRPC allows eight digits at most
  ['soon', 'soon'],
])('grpc-timeout %s is %s', (given, left) =>
  expect(bounded({ 'grpc-timeout': given })).toEqual({ 'grpc-timeout': left }),
);

it.each([
  ['9999999999', '2147483647'],
  ['2147483648', '2147483647'],
  ['2147483647', '2147483647'],
  ['1', '1'],
  ['99999999999', '99999999999'], // Connect allows ten digits at most
  ['-1', '-1'],
])('connect-timeout-ms %s is %s', (given, left) =>
  expect(bounded({ 'connect-timeout-ms': given })).toEqual({ 'connect-timeout-ms': left }),
);

it('adds none', () => expect(bounded({ te: 'trailers' })).toEqual({ te: 'trailers' }));
