import { status } from '@grpc/grpc-js';
import { Consistency, CoreService } from '@core/contracts';
import { failure, merchant, openApi, setScore, type TestApi } from './support.ts';

const core = CoreService.method;
let api: TestApi;
beforeAll(async () => void (api = await openApi()));
afterAll(() => api.stop());

const strong = { consistency: Consistency.STRONG };

describe('GetRfmDistribution', () => {
  it('counts a merchant’s customers by segment, by cell and by monetary score', async () => {
    const merchantId = merchant();
    const scores: [number, number, number, string][] = [
      [5, 5, 5, 'CHAMPIONS'],
      [5, 5, 2, 'CHAMPIONS'],
      [1, 4, 3, 'AT_RISK'],
    ];
    for (let n = 0; n < 4; n++) {
      const email = `p${n}@example.com`;
      const { customerId } = await api.rpc.unary(core.createCustomer, { merchantId, email });
      const score = scores[n];
      if (score) await setScore(api.owner, customerId, [score[0], score[1], score[2]], score[3]);
    }
    const reply = await api.rpc.unary(core.getRfmDistribution, { merchantId, ...strong });
    expect(reply).toMatchObject({ customers: 4n, scored: 3n, unscored: 1n });
    expect(reply.segments.map(({ segment, customers }) => [segment, customers])).toEqual([
      ['CHAMPIONS', 2n],
      ['AT_RISK', 1n],
    ]);
    expect(reply.cells.map(({ recency, frequency }) => `${recency}${frequency}`)).toEqual(
      [1, 2, 3, 4, 5].flatMap((r) => [1, 2, 3, 4, 5].map((f) => `${r}${f}`)),
    );
    const filled = reply.cells.filter(({ customers }) => customers > 0n);
    expect(filled).toMatchObject([
      { recency: 1, frequency: 4, customers: 1n, customersByMonetary: [0n, 0n, 1n, 0n, 0n] },
      { recency: 5, frequency: 5, customers: 2n, customersByMonetary: [0n, 1n, 0n, 0n, 1n] },
    ]);
  });

  it('sees the write of a consistency token', async () => {
    const merchantId = merchant();
    for (let n = 1n; n <= 5n; n++) {
      const { consistencyToken } = await api.rpc.unary(core.createCustomer, {
        merchantId,
        email: `p${n}@example.com`,
      });
      const atLeast = { consistency: Consistency.AT_LEAST, consistencyToken };
      const { unscored } = await api.rpc.unary(core.getRfmDistribution, { merchantId, ...atLeast });
      expect(unscored).toBe(n);
    }
  });

  it.each([
    [{ merchantId: 'x' }, /^merchant_id: /],
    [{ merchantId: merchant(), consistency: Consistency.AT_LEAST }, /^consistency_token: /],
  ])('refuses %j', async (request, message) => {
    const refusal = await failure(api.rpc.unary(core.getRfmDistribution, request));
    expect(refusal.code).toBe(status.INVALID_ARGUMENT);
    expect(refusal.details).toMatch(message);
  });
});
