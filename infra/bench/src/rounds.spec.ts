import { measureRounds, type Measured } from './rounds.ts';

const measured = (perSecond: number, { steal = 0, others = 0 } = {}): Measured => ({
  perSecond,
  serverUs: 1,
  databaseUs: 1,
  driverUs: 1,
  steal,
  others,
  errors: {},
});

/** Returns the next of `results` at each measurement, and the last one repeatedly. */
const inTurn = (...results: Measured[]) => {
  let n = 0;
  return async () => results[Math.min(n++, results.length - 1)] as Measured;
};

it('measures the contestants in turn', async () => {
  const order: string[] = [];
  const turn = (name: string) => async () => (order.push(name), measured(1));
  await measureRounds({ a: turn('a'), b: turn('b') }, 2, () => undefined);
  expect(order).toEqual(['a', 'b', 'a', 'b']);
});

it('repeats a disturbed measurement at once', async () => {
  const clean = await measureRounds(
    { a: inTurn(measured(1), measured(2)), b: inTurn(measured(1, { steal: 0.5 }), measured(2)) },
    1,
    () => undefined,
  );
  expect(clean.map(({ a, b }) => [a.perSecond, b.perSecond])).toEqual([[1, 2]]);
});

it('starts another round with all contestants when repeating does not help', async () => {
  const noisy = measured(1, { others: 0.5 });
  const clean = await measureRounds(
    { a: inTurn(measured(1), measured(2)), b: inTurn(noisy, noisy, noisy, measured(2)) },
    1,
    () => undefined,
  );
  expect(clean.map(({ a, b }) => [a.perSecond, b.perSecond])).toEqual([[2, 2]]);
});

it('gives up on a machine that is never quiet', async () => {
  let times = 0;
  const busy = async () => (times++, measured(1, { others: 0.11 }));
  const never = () => Promise.reject(new Error('must not be measured in an abandoned round'));
  await expect(measureRounds({ busy, never }, 3, () => undefined)).resolves.toEqual([]);
  expect(times).toBe(3 * 6);
});
