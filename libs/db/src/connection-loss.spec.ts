import { isConnectionLoss } from './connection-loss.ts';

const withCode = (code: string) => Object.assign(new Error('said so'), { code });

it.each([
  ['an admin shut it down', withCode('57P01'), true],
  ['a connection exception', withCode('08006'), true],
  ['a primary that became a replica', withCode('25006'), true],
  ['nobody listens', withCode('ECONNREFUSED'), true],
  ["pg's own", new Error('Connection terminated unexpectedly'), true],
  ['a pool without a free client', new Error('timeout exceeded when trying to connect'), true],
  ['an answer that never came', new Error('Query read timeout'), true],
  ['a client that was closed meanwhile', new Error('Client was closed and is not queryable'), true],
  ['a unique violation', withCode('23505'), false],
  ['a cancelled statement', withCode('57014'), false],
  ['a mistake of ours', new TypeError('x is not a function'), false],
  ['no error at all', undefined, false],
])('%s', (_, error, lost) => expect(isConnectionLoss(error)).toBe(lost));
