import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { Consistency, CoreService } from '@core/contracts';
import { waitUntil } from '@core/testing';
import { failure, merchant, openApi, setScore, type TestApi } from './support.ts';

const core = CoreService.method;
let api: TestApi;
beforeAll(async () => void (api = await openApi()));
afterAll(() => api.stop());

const strong = { consistency: Consistency.STRONG };
const create = async (merchantId: string, n: number): Promise<string> =>
  (await api.rpc.unary(core.createCustomer, { merchantId, email: `p${n}@example.com` })).customerId;

/** Creates customers of several merchants, each with its own score. */
async function scored(count: number) {
  const merchants = [merchant(), merchant(), merchant()];
  const people = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const merchantId = merchants[n % merchants.length]!;
      const customerId = await create(merchantId, n);
      const digits: [number, number, number] = [
        1 + (n % 5),
        1 + (Math.floor(n / 5) % 5),
        1 + (Math.floor(n / 25) % 5),
      ];
      await setScore(api.owner, customerId, digits, 'LOYAL');
      return { merchantId, customerId, score: digits.join('') };
    }),
  );
  const last = async ({ merchantId, customerId }: (typeof people)[number]) =>
    (await api.rpc.unary(core.getCustomerRFM, { merchantId, customerId }).catch(() => undefined))?.rfmScore;
  for (const person of people)
    await waitUntil(() => last(person), { what: 'the replica to have the scores' });
  return people;
}

it('returns its own answer to each of many concurrent readers', async () => {
  const people = await scored(60);
  const foreign = people.map(({ customerId }) => ({ merchantId: merchant(), customerId }));
  const answers = await Promise.all(
    [...people, ...foreign].map(({ merchantId, customerId }) =>
      api.rpc.unary(core.getCustomerRFM, { merchantId, customerId }).then(
        ({ rfmScore }) => rfmScore?.score,
        (error: { code: number }) => error.code,
      ),
    ),
  );
  expect(answers).toEqual([...people.map(({ score }) => score), ...foreign.map(() => status.NOT_FOUND)]);
});

describe('BatchGetCustomerRFM', () => {
  it('returns one entry per id, in order: scored, not scored, unknown, of another merchant, repeated', async () => {
    const [one, other] = await scored(2);
    const unscored = await create(one!.merchantId, 99);
    const unknown = randomUUID();
    const customerIds = [one!.customerId, unscored, unknown, other!.customerId, one!.customerId];
    const { results } = await api.rpc.unary(core.batchGetCustomerRFM, {
      merchantId: one!.merchantId,
      customerIds,
      ...strong,
    });
    expect(results.map(({ customerId, found, rfmScore }) => [customerId, found, rfmScore?.score])).toEqual([
      [one!.customerId, true, one!.score],
      [unscored, true, undefined],
      [unknown, false, undefined],
      [other!.customerId, false, undefined],
      [one!.customerId, true, one!.score],
    ]);
  });

  it.each([
    ['no ids', [], 'customer_ids: must have 1 to 1000 entries'],
    [
      '1,001 ids',
      Array.from({ length: 1_001 }, () => randomUUID()),
      'customer_ids: must have 1 to 1000 entries',
    ],
    ['a malformed id', [randomUUID(), 'nope'], 'customer_ids[1]: must be a UUID'],
  ])('refuses %s', async (_, customerIds, details) => {
    expect(
      await failure(api.rpc.unary(core.batchGetCustomerRFM, { merchantId: merchant(), customerIds })),
    ).toEqual({
      code: status.INVALID_ARGUMENT,
      details,
    });
  });
});
