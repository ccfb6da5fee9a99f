import { createPaceMeter, paceOf } from './import-pace.ts';

const startedAt = new Date(0);
const run = { startedAt, finishedAt: null, read: 100, expected: 400 };

it.each([
  ['while it runs', run, 10_000, { rate: 10, eta: 30 }],
  ['before it starts', { ...run, startedAt: null }, 10_000, { rate: 0 }],
  ['at the moment of its start', run, 0, { rate: 0 }],
  ['with nothing read', { ...run, read: 0 }, 10_000, { rate: 0 }],
  ['with an unknown count', { ...run, expected: null }, 10_000, { rate: 10 }],
  ['with more read than counted', { ...run, read: 500 }, 10_000, { rate: 50, eta: 0 }],
  ['after it has ended', { ...run, finishedAt: new Date(20_000) }, 999_000, { rate: 5 }],
])('computes the pace of an import %s', (_, of, now, pace) => expect(paceOf(of, now)).toEqual(pace));

describe('the pace of a watched import', () => {
  /** Feeds snapshots [second, read] of a run that started an hour before the watch; returns the last pace. */
  const watched = (snapshots: [second: number, read: number][], change: Partial<typeof run> = {}) => {
    const pace = createPaceMeter();
    const paces = snapshots.map(([second, read]) =>
      pace({ ...run, expected: 10_000, ...change, read }, (3_600 + second) * 1000),
    );
    return paces.at(-1);
  };

  it('is measured since the start for the first snapshots', () => {
    expect(watched([[0, 3_600]])).toEqual({ rate: 1, eta: 6_400 });
    expect(
      watched([
        [0, 3_600],
        [2, 4_002],
      ])?.rate,
    ).toBeCloseTo(4_002 / 3_602);
  });

  it('is measured over the last ten seconds afterwards', () => {
    const steady = [...Array(31).keys()].map((second): [number, number] => [second, 3_600 + 100 * second]);
    expect(watched(steady.slice(0, 4))).toEqual({ rate: 100, eta: 61 });
    expect(watched(steady)).toEqual({ rate: 100, eta: 34 });
    const slower = [
      ...steady,
      ...[...Array(10).keys()].map((i): [number, number] => [31 + i, 6_610 + 10 * i]),
    ];
    expect(watched(slower)).toEqual({ rate: 10, eta: 330 });
  });

  it('is zero and has no estimated end when nothing was read for ten seconds', () => {
    const waiting = [...Array(12).keys()].map((second): [number, number] => [second, 3_600]);
    expect(watched(waiting)).toEqual({ rate: 0 });
  });

  it('does not become negative when the count falls', () => {
    expect(
      watched([
        [0, 5_000],
        [5, 6_000],
        [6, 0],
        [10, 400],
      ]),
    ).toEqual({ rate: 100, eta: 96 });
  });

  it('needs no expected count, and covers the whole run after it has ended', () => {
    const snapshots: [number, number][] = [
      [0, 3_600],
      [5, 4_100],
    ];
    const pace = createPaceMeter();
    pace({ ...run, expected: null, read: 0 }, 0);
    expect(pace({ ...run, expected: null, read: 500 }, 5_000)).toEqual({ rate: 100 });
    expect(watched(snapshots, { finishedAt: new Date(4_100_000) } as object)).toEqual({ rate: 1 });
    expect(watched(snapshots, { startedAt: null } as object)).toEqual({ rate: 0 });
  });
});
