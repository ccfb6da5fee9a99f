import { CoreError } from '@core/runtime';
import { createMerchantCheck } from './merchants.ts';

/** Auth with its answers, a count of its questions, and a clock that the test turns. */
const bench = (answer: (merchantId: string) => Promise<boolean>) => {
  const bench = { asked: 0, at: 0 };
  const isMerchant = createMerchantCheck(
    (merchantId) => {
      bench.asked++;
      return answer(merchantId);
    },
    () => bench.at,
  );
  return Object.assign(bench, { isMerchant });
};

it.each([
  ['a valid merchant', true, 60_000],
  ['an invalid one', false, 5_000],
])('remembers %s', async (_, valid, ttl) => {
  const auth = bench(async () => valid);
  expect(await auth.isMerchant('m')).toBe(valid);
  auth.at = ttl - 1;
  expect(await auth.isMerchant('m')).toBe(valid);
  expect(auth.asked).toBe(1);
  auth.at = ttl;
  expect(await auth.isMerchant('m')).toBe(valid);
  expect(auth.asked).toBe(2);
});

it('asks once for all who wait, and once per merchant', async () => {
  let answer: (valid: boolean) => void = () => undefined;
  const reply = new Promise<boolean>((resolve) => (answer = resolve));
  const auth = bench(() => reply);
  const waiting = ['m', 'm', 'm', 'n'].map((merchantId) => auth.isMerchant(merchantId));
  answer(true);
  expect(await Promise.all(waiting)).toEqual([true, true, true, true]);
  expect(auth.asked).toBe(2);
});

it('fails closed and forgets the failure', async () => {
  let down = true;
  const auth = bench(async () => {
    if (down) throw new Error('connection refused');
    return true;
  });
  const error = await auth.isMerchant('m').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CoreError);
  expect(error).toMatchObject({ kind: 'unavailable' });
  down = false;
  expect(await auth.isMerchant('m')).toBe(true);
});

it('holds ten thousand answers at most', async () => {
  const auth = bench(async () => true);
  for (let i = 0; i <= 10_000; i++) await auth.isMerchant(String(i));
  await auth.isMerchant('0');
  expect(auth.asked).toBe(10_002);
});
