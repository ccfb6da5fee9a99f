import { status } from '@grpc/grpc-js';
import { Consistency, CoreService } from '@core/contracts';
import { bearer, createIssuer } from '@core/testing';
import { failure, merchant, openApi, post, setScore, type TestApi } from './support.ts';

const core = CoreService.method;
const issuer = createIssuer();
const metadata = bearer(issuer.token());
let api: TestApi;
beforeAll(async () => void (api = await openApi({ env: issuer.env })));
afterAll(() => api.stop());

const strong = { consistency: Consistency.STRONG };
const settingsOf = async (merchantId: string) =>
  (await api.rpc.unary(core.getProgramSettings, { merchantId }, { metadata })).settings!.rfmThresholds!;
const customerOf = (merchantId: string, n: number) =>
  api.rpc.unary(core.createCustomer, { merchantId, email: `p${n}@example.com` }, { metadata });

it('counts the moves that a change of the rules causes, and stores nothing', async () => {
  const merchantId = merchant();
  const scores: ([number, number, number, string] | undefined)[] = [
    [5, 5, 5, 'CHAMPIONS'],
    [4, 4, 4, 'CHAMPIONS'],
    [4, 4, 4, 'CHAMPIONS'],
    [1, 1, 1, 'DORMANT'],
    undefined,
  ];
  for (const [n, score] of scores.entries()) {
    const { customerId } = await customerOf(merchantId, n);
    if (score) await setScore(api.owner, customerId, [score[0], score[1], score[2]], score[3]);
  }
  const rfmThresholds = await settingsOf(merchantId);
  rfmThresholds.segments[0]!.recency!.min = 5;
  rfmThresholds.windowDays = 90;
  const request = { merchantId, rfmThresholds, ...strong };
  const reply = await api.rpc.unary(core.previewProgramSettings, request, { metadata });
  expect(reply).toMatchObject({ customers: 5n, scored: 4n, unscored: 1n, scoringDiffers: true });
  expect(
    reply.moves.map(({ fromSegment, toSegment, customers }) => [fromSegment, toSegment, customers]),
  ).toEqual([
    ['CHAMPIONS', 'LOYAL', 2n],
    ['CHAMPIONS', 'CHAMPIONS', 1n],
    ['DORMANT', 'DORMANT', 1n],
  ]);
  expect((await settingsOf(merchantId)).windowDays).toBe(365);
});

it('sees the write of a consistency token', async () => {
  const merchantId = merchant();
  const rfmThresholds = await settingsOf(merchantId);
  for (let n = 1; n <= 5; n++) {
    const { consistencyToken } = await customerOf(merchantId, n);
    const atLeast = { consistency: Consistency.AT_LEAST, consistencyToken };
    const request = { merchantId, rfmThresholds, ...atLeast };
    const { unscored } = await api.rpc.unary(core.previewProgramSettings, request, { metadata });
    expect(unscored).toBe(BigInt(n));
  }
});

it('refuses the settings that an update refuses, in the same words', async () => {
  const merchantId = merchant();
  const rfmThresholds = await settingsOf(merchantId);
  rfmThresholds.segments[2]!.recency!.max = 9;
  for (const request of [{ merchantId, rfmThresholds }, { merchantId }]) {
    const [preview, update] = await Promise.all([
      failure(api.rpc.unary(core.previewProgramSettings, request, { metadata })),
      failure(api.rpc.unary(core.updateProgramSettings, request, { metadata })),
    ]);
    expect(preview.code).toBe(status.INVALID_ARGUMENT);
    expect(preview.details).toMatch(/^rfm_thresholds/);
    expect(preview).toMatchObject({ code: update.code, details: update.details });
  }
});

it.each(['settings:write', 'rfm:read'])('needs more than the scope %s alone', async (scope) => {
  const merchantId = merchant();
  const request = { merchantId, rfmThresholds: await settingsOf(merchantId) };
  const refusal = await failure(
    api.rpc.unary(core.previewProgramSettings, request, { metadata: bearer(issuer.token({ scope })) }),
  );
  expect([refusal.code, refusal.details]).toEqual([
    status.PERMISSION_DENIED,
    `the scope ${scope === 'rfm:read' ? 'settings:write' : 'rfm:read'} is needed`,
  ]);
});

it('accepts settings that are longer than a URL may be', async () => {
  const merchantId = merchant();
  const rfmThresholds = await settingsOf(merchantId);
  rfmThresholds.segments = [1, 2, 3, 4, 5].flatMap((r) =>
    [1, 2, 3, 4, 5].flatMap((f) =>
      [1, 2, 3, 4, 5].map((m) => ({
        name: `${r}${f}${m} ${'ü'.repeat(60)}`,
        recency: { min: r, max: r },
        frequency: { min: f, max: f },
        monetary: { min: m, max: m },
      })),
    ),
  ) as typeof rfmThresholds.segments;
  const { $typeName, ...body } = rfmThresholds;
  expect(JSON.stringify(body).length).toBeGreaterThan(8 * 1_024);
  const reply = await post(
    `${api.url}/core.v1.CoreService/PreviewProgramSettings`,
    JSON.stringify({ merchantId, rfmThresholds: body }, (key, value: unknown) =>
      key === '$typeName' ? undefined : value,
    ),
    metadata,
  );
  expect([reply.status, reply.body['scored']]).toEqual([200, '0']);
});
