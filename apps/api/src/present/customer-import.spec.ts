import { paceOf } from './customer-import.ts';

const startedAt = new Date(0);
const run = { startedAt, finishedAt: null, read: 100, expected: 400 };

it.each([
  ['while it runs', run, 10_000, { rate: 10, eta: 30 }],
  ['before it starts', { ...run, startedAt: null }, 10_000, { rate: 0 }],
  ['at its first moment', run, 0, { rate: 0 }],
  ['with nothing read', { ...run, read: 0 }, 10_000, { rate: 0 }],
  ['with an unknown count', { ...run, expected: null }, 10_000, { rate: 10 }],
  ['with more read than counted', { ...run, read: 500 }, 10_000, { rate: 50, eta: 0 }],
  ['at its end', { ...run, finishedAt: new Date(20_000) }, 999_000, { rate: 5 }],
])('knows the pace of an import %s', (_, of, now, pace) => expect(paceOf(of, now)).toEqual(pace));
