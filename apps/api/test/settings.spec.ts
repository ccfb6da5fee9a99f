import { status } from '@grpc/grpc-js';
import { CoreService } from '@core/contracts';
import { auditOf, failure, merchant, openApi, type TestApi } from './support.ts';

const core = CoreService.method;
let api: TestApi;
beforeAll(async () => void (api = await openApi()));
afterAll(() => api.stop());

const read = (merchantId: string) => api.rpc.unary(core.getProgramSettings, { merchantId });

it('starts with the defaults, and stores a change under the next etag', async () => {
  const merchantId = merchant();
  const defaults = await read(merchantId);
  expect(defaults).toMatchObject({ etag: '0', settings: { configVersion: 0, merchantId } });
  const rfmThresholds = defaults.settings!.rfmThresholds!;
  expect(rfmThresholds.segments[0]!.name).toBe('CHAMPIONS');

  rfmThresholds.windowDays = 730;
  const updated = await api.rpc.unary(core.updateProgramSettings, { merchantId, rfmThresholds, etag: '0' });
  expect(updated.etag).toBe('1');
  expect(updated.consistencyToken).not.toBe('');
  const { settings, etag } = await read(merchantId);
  expect(etag).toBe('1');
  expect(settings).toEqual(updated.settings);
  expect(settings!.rfmThresholds).toEqual(rfmThresholds);
  expect(await auditOf(api.owner, merchantId)).toEqual(['settings.update']);
  const { rows } = await api.owner.query(
    'select rfm_thresholds from program_settings where merchant_id = $1',
    [merchantId],
  );
  expect(rows[0].rfm_thresholds).toMatchObject({ window_days: 730, fallback_segment: 'PROSPECTS' });
});

it('accepts only one of many writers of the same version', async () => {
  const merchantId = merchant();
  const { settings } = await read(merchantId);
  const rfmThresholds = settings!.rfmThresholds!;
  for (const etag of ['0', '1']) {
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () =>
        failure(api.rpc.unary(core.updateProgramSettings, { merchantId, rfmThresholds, etag })),
      ),
    );
    expect(outcomes.filter(({ code }) => code === status.OK)).toHaveLength(1);
    expect(outcomes.filter(({ code }) => code === status.ABORTED)).toHaveLength(9);
  }
  expect((await api.rpc.unary(core.updateProgramSettings, { merchantId, rfmThresholds })).etag).toBe('3');
  const unknownEtag = { merchantId: merchant(), rfmThresholds, etag: '7' };
  expect((await failure(api.rpc.unary(core.updateProgramSettings, unknownEtag))).code).toBe(status.ABORTED);
});

it('refuses invalid thresholds, naming the path of the field', async () => {
  const merchantId = merchant();
  const { settings } = await read(merchantId);
  const rfmThresholds = settings!.rfmThresholds!;
  rfmThresholds.segments[2]!.recency!.max = 9;
  for (const [request, details] of [
    [{ merchantId, rfmThresholds }, /^rfm_thresholds\.segments\[2\]\.recency\.max: /],
    [{ merchantId }, /^rfm_thresholds: is required/],
  ] as const) {
    const refusal = await failure(api.rpc.unary(core.updateProgramSettings, request));
    expect(refusal.code).toBe(status.INVALID_ARGUMENT);
    expect(refusal.details).toMatch(details);
  }
});
