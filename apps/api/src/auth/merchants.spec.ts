import type { MerchantId } from '@core/contracts';
import { CoreError } from '@core/runtime';
import { aMerchantId } from '@core/testing';
import { createMerchantCheck } from './merchants.ts';

const [ADA, EVE] = [aMerchantId(), aMerchantId()];

/** A stand-in for Auth with its answers, a count of its calls, and a clock that the test sets. */
const world = (answer: (merchantId: MerchantId) => Promise<boolean>) => {
  const world = { calls: 0, at: 0 };
  const isMerchant = createMerchantCheck(
    (merchantId) => {
      world.calls++;
      return answer(merchantId);
    },
    () => world.at,
  );
  return Object.assign(world, { isMerchant });
};

it.each([
  ['a valid merchant', true, 60_000],
  ['an invalid merchant', false, 5_000],
])('caches the reply for %s', async (_, valid, ttl) => {
  const auth = world(async () => valid);
  expect(await auth.isMerchant(ADA)).toBe(valid);
  auth.at = ttl - 1;
  expect(await auth.isMerchant(ADA)).toBe(valid);
  expect(auth.calls).toBe(1);
  auth.at = ttl;
  expect(await auth.isMerchant(ADA)).toBe(valid);
  expect(auth.calls).toBe(2);
});

it('makes one call per merchant for all waiting callers', async () => {
  let answer: (valid: boolean) => void = () => undefined;
  const reply = new Promise<boolean>((resolve) => (answer = resolve));
  const auth = world(() => reply);
  const waiting = [ADA, ADA, ADA, EVE].map((merchantId) => auth.isMerchant(merchantId));
  answer(true);
  expect(await Promise.all(waiting)).toEqual([true, true, true, true]);
  expect(auth.calls).toBe(2);
});

it('fails closed and does not cache the failure', async () => {
  let down = true;
  const auth = world(async () => {
    if (down) throw new Error('connection refused');
    return true;
  });
  const error = await auth.isMerchant(ADA).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CoreError);
  expect(error).toMatchObject({ kind: 'unavailable' });
  down = false;
  expect(await auth.isMerchant(ADA)).toBe(true);
});

it('caches at most ten thousand answers', async () => {
  const auth = world(async () => true);
  await auth.isMerchant(ADA);
  for (let i = 0; i < 10_000; i++) await auth.isMerchant(aMerchantId());
  await auth.isMerchant(ADA);
  expect(auth.calls).toBe(10_002);
});
