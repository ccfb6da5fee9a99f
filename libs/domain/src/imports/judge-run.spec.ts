import { judgeRun, type Tally } from './judge-run.ts';

const ALL: Tally = { expected: 100, counted: 100, seen: 100, gone: 0, goneUnseen: 0, scanned: false };

describe('judgeRun', () => {
  it.each<[string, Partial<Tally>, string]>([
    ['everybody was read', {}, 'complete'],
    ['nobody was there', { expected: 0, counted: 0, seen: 0 }, 'complete'],
    ['one was read and deleted, as a webhook told', { counted: 99, gone: 1 }, 'complete'],
    [
      'one was deleted before being read, as a webhook told',
      { counted: 99, seen: 99, goneUnseen: 1 },
      'complete',
    ],
    ['one was read and deleted, and nobody told', { counted: 99 }, 'scan'],
    ['one was deleted before being read, and nobody told', { counted: 99, seen: 99 }, 'scan'],
    ['one is missing', { seen: 99 }, 'scan'],
    ['one is missing and one was deleted: the counts agree by chance', { counted: 99, seen: 99 }, 'scan'],
    ['one is missing, and somebody else left', { counted: 100, seen: 99, goneUnseen: 1 }, 'scan'],
  ])('%s', (_what, change, kind) => {
    expect(judgeRun({ ...ALL, ...change }).kind).toBe(kind);
  });

  it.each<[string, Partial<Tally>, ReturnType<typeof judgeRun>]>([
    ['the list explains who left', { counted: 99, seen: 99 }, { kind: 'complete' }],
    ['one left after the list was made', { counted: 99 }, { kind: 'complete' }],
    ['the shop counts more than it lists', { counted: 103 }, { kind: 'incomplete', missing: 3 }],
  ])('once ids were compared: %s', (_what, change, verdict) => {
    expect(judgeRun({ ...ALL, scanned: true, ...change })).toEqual(verdict);
  });
});
