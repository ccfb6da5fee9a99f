import { Code, ConnectError } from '@connectrpc/connect';
import { explainError, isTemporary, refusedField } from './explain-error.ts';

it.each([
  [Code.Unauthenticated, 'signedOut', undefined],
  [Code.PermissionDenied, 'noPermission', 'A user of a.myshopify.com may not act in another shop.'],
  [Code.FailedPrecondition, 'refused', 'A user of a.myshopify.com may not act in another shop.'],
  [Code.NotFound, 'notFound', undefined],
  [Code.ResourceExhausted, 'busy', undefined],
  [Code.Unavailable, 'unavailable', undefined],
  [Code.Internal, 'broken', undefined],
])('explains code %s as %s', (code, kind, detail) => {
  const error = new ConnectError('shop: a user of a.myshopify.com may not act in another shop', code, {
    'x-request-id': 'r-1',
  });
  expect(explainError(error)).toEqual({ kind, detail, requestId: 'r-1' });
});

it('explains a request without an answer as offline', () => {
  const error = ConnectError.from(new TypeError('Failed to fetch'), Code.Internal);
  expect(explainError(error).kind).toBe('offline');
  expect(explainError(new ConnectError('x', Code.Internal), false).kind).toBe('offline');
  expect(explainError(new Error('a bug')).kind).toBe('broken');
});

it('explains code that is gone as an outdated page, unless the network is gone', () => {
  const error = new TypeError('Failed to fetch dynamically imported module: https://a.example.com/x.js');
  expect(explainError(error).kind).toBe('outdated');
  expect(explainError(error, false).kind).toBe('offline');
});

it('repeats only what may succeed in a moment', () => {
  const codes = [
    Code.Unavailable,
    Code.ResourceExhausted,
    Code.Internal,
    Code.NotFound,
    Code.Unauthenticated,
  ];
  expect(codes.filter((code) => isTemporary(new ConnectError('x', code)))).toEqual([
    Code.Unavailable,
    Code.ResourceExhausted,
  ]);
});

it.each([
  [
    'rfm_thresholds.segments[12].name: must differ.',
    { field: 'rfm_thresholds.segments[12].name', text: 'Must differ.' },
  ],
  ['etag: the settings have changed', { field: 'etag', text: 'The settings have changed.' }],
  ['the scope rfm:read is needed', undefined],
  ['', undefined],
])('finds the field of %j', (message, found) =>
  expect(refusedField(new ConnectError(message, Code.InvalidArgument))).toEqual(found),
);
