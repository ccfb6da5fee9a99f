import { randomInt } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { RfmThresholdsSchema, type RfmRange, type RfmThresholds } from '@core/contracts';
import { seeded } from '@core/testing';
import { sumMoves, type ScoreGroup } from './sum-moves.ts';

const CASES = 300;

interface Person {
  segment: string;
  scores: readonly [number, number, number];
}

/** A second implementation on purpose: one person at a time, by the words of the proto. */
function segmentOfPerson(thresholds: RfmThresholds, scores: Person['scores']): string {
  for (const { name, recency, frequency, monetary } of thresholds.segments) {
    const ranges = [recency, frequency, monetary];
    let matches = true;
    for (const [n, range] of ranges.entries()) {
      const score = scores[n] ?? 0;
      if (range && range.min !== 0 && score < range.min) matches = false;
      if (range && range.max !== 0 && score > range.max) matches = false;
    }
    if (matches) return name;
  }
  return thresholds.fallbackSegment;
}

it('counts as a look at each customer does, for random settings and customers', () => {
  const seed = randomInt(2 ** 31);
  process.stdout.write(`seed of the settings: ${seed}\n`);
  const random = seeded(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const range = (): Pick<RfmRange, 'min' | 'max'> | undefined =>
    random() < 0.3 ? undefined : { min: below(6), max: below(6) };
  const names = ['A', 'B', 'C\n', '\nC', '__proto__', 'a "name"', '<b>'];
  for (let n = 0; n < CASES; n++) {
    const thresholds = create(RfmThresholdsSchema, {
      segments: Array.from({ length: below(7) }, (_, i) => ({
        name: names[i] ?? '',
        recency: range(),
        frequency: range(),
        monetary: range(),
      })),
      fallbackSegment: names[below(names.length)] ?? '',
    });
    const people = Array.from({ length: below(400) }, (): Person => ({
      segment: names[below(names.length)] ?? '',
      scores: [1 + below(5), 1 + below(5), 1 + below(5)],
    }));
    const expected = new Map<string, number>();
    for (const { segment, scores } of people) {
      const pair = JSON.stringify([segment, segmentOfPerson(thresholds, scores)]);
      expected.set(pair, (expected.get(pair) ?? 0) + 1);
    }
    const { moves, scored, unscored } = sumMoves([...groupsOf(people), unscoredGroup(3)], thresholds);
    expect(new Map(moves.map(({ from, to, customers }) => [JSON.stringify([from, to]), customers]))).toEqual(
      expected,
    );
    expect(moves).toHaveLength(expected.size);
    expect([scored, unscored]).toEqual([people.length, 3]);
    const counts = moves.map(({ customers }) => customers);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  }
});

const unscoredGroup = (customers: number): ScoreGroup => ({
  ...{ segment: null, recency: null, frequency: null, monetary: null },
  customers,
});

/** Returns the groups as the statement does: one for each segment and cell. */
function groupsOf(people: readonly Person[]): ScoreGroup[] {
  const groups = new Map<string, ScoreGroup>();
  for (const { segment, scores } of people) {
    const [recency, frequency, monetary] = scores;
    const key = JSON.stringify([segment, scores]);
    const group = groups.get(key) ?? { segment, recency, frequency, monetary, customers: 0 };
    groups.set(key, { ...group, customers: group.customers + 1 });
  }
  return [...groups.values()];
}
