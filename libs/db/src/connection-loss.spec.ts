import { isConnectionLoss, isUnavailable } from './connection-loss.ts';

const withCode = (code: string) => Object.assign(new Error('message'), { code });

it.each([
  ['a shutdown by an admin', withCode('57P01'), true],
  ['a connection exception', withCode('08006'), true],
  ['a primary that became a replica', withCode('25006'), true],
  ['a refused connection', withCode('ECONNREFUSED'), true],
  ["pg's own error", new Error('Connection terminated unexpectedly'), true],
  ['a pool without a free client', new Error('timeout exceeded when trying to connect'), true],
  ['an answer that never came', new Error('Query read timeout'), true],
  ['a client that was closed', new Error('Client was closed and is not queryable'), true],
  ['a unique violation', withCode('23505'), false],
  ['a cancelled statement', withCode('57014'), false],
  ['a bug of ours', new TypeError('x is not a function'), false],
  ['no error at all', undefined, false],
])('reports whether %s is a connection loss', (_, error, lost) => expect(isConnectionLoss(error)).toBe(lost));

it.each([
  ['08006', true],
  ['53100', true],
  ['53200', true],
  ['53300', true],
  ['55P03', true],
  ['57014', true],
  ['57P01', true],
  ['57P03', true],
  ['57P05', true],
  ['58000', true],
  ['58030', true],
  ['58P01', true],
  ['ECONNRESET', true],
  ['22P02', false],
  ['23505', false],
  ['54000', false],
  ['XX000', false],
  ['5310', false],
  ['531000', false],
])('reports whether %s is temporary: %p', (code, passes) =>
  expect(isUnavailable(withCode(code))).toBe(passes),
);

it.each([undefined, null, 'disk full', 53100, new TypeError('53100')])(
  'does not classify %p as temporary',
  (error) => expect(isUnavailable(error)).toBe(false),
);
