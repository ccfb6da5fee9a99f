import { inOrder } from './order-journal.ts';

const journal = (...times: number[]) => ({
  version: '7',
  entries: times.map((when, idx) => ({ idx, when, tag: `000${idx}_it` })),
});

it.each([
  ['keeps times that rise', [1_000, 2_000], [1_000, 2_000]],
  ['moves a migration behind its predecessor', [2_000, 1_000, 1_500], [2_000, 2_001, 2_002]],
  ['separates equal times', [1_000, 1_000], [1_000, 1_001]],
])('%s', (_, given, expected) => expect(inOrder(journal(...given))).toEqual(journal(...expected)));
