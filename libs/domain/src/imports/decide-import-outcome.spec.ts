import { decideImportOutcome, type RunCounts } from './decide-import-outcome.ts';

const ALL: RunCounts = { expected: 100, counted: 100, seen: 100, gone: 0, goneUnseen: 0, scanned: false };

describe('decideImportOutcome', () => {
  it.each<[string, Partial<RunCounts>, string]>([
    ['every customer was read', {}, 'complete'],
    ['the shop has no customers', { expected: 0, counted: 0, seen: 0 }, 'complete'],
    ['one was read and then deleted, reported by a webhook', { counted: 99, gone: 1 }, 'complete'],
    [
      'one was deleted before being read, reported by a webhook',
      { counted: 99, seen: 99, goneUnseen: 1 },
      'complete',
    ],
    ['one was read and then deleted, without a webhook', { counted: 99 }, 'scan'],
    ['one was deleted before being read, without a webhook', { counted: 99, seen: 99 }, 'scan'],
    ['one is missing', { seen: 99 }, 'scan'],
    ['one is missing and one was deleted: the counts agree by chance', { counted: 99, seen: 99 }, 'scan'],
    ['one is missing and another one left', { counted: 100, seen: 99, goneUnseen: 1 }, 'scan'],
  ])('decides when %s', (_what, change, kind) => {
    expect(decideImportOutcome({ ...ALL, ...change }).kind).toBe(kind);
  });

  it.each<[string, Partial<RunCounts>, ReturnType<typeof decideImportOutcome>]>([
    ['the list explains who left', { counted: 99, seen: 99 }, { kind: 'complete' }],
    ['one left after the list was made', { counted: 99 }, { kind: 'complete' }],
    ['the shop counts more than it lists', { counted: 103 }, { kind: 'incomplete', missing: 3 }],
  ])('decides after comparing ids: %s', (_what, change, verdict) => {
    expect(decideImportOutcome({ ...ALL, scanned: true, ...change })).toEqual(verdict);
  });
});
