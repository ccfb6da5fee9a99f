import { isExcused } from './finish.ts';

const used = { rule: 'refresh-token', detail: 'a refresh token that is refused' };

it.each([
  ['a kill right after the refusal', { times: 1, toldMs: [1_000] }, [900, 1_400], true],
  ['no kill', { times: 1, toldMs: [1_000] }, [], false],
  ['a kill before the refusal', { times: 1, toldMs: [1_000] }, [900], false],
  ['a kill after the refusal was stored', { times: 1, toldMs: [1_000] }, [6_100], false],
  ['a second use without a kill', { times: 2, toldMs: [1_000, 20_000] }, [1_400], false],
  ['another rule', { times: 1 }, [1_400], false],
])('excuses a use of a refused refresh token only after a kill: %s', (_, violation, kills, expected) => {
  expect(isExcused({ ...used, ...violation }, kills)).toBe(expected);
});
