import { status } from '@grpc/grpc-js';
import { CoreService } from '@core/contracts';
import { waitUntil } from '@core/testing';
import { failure, merchant, openApi, post, UNKNOWN_MERCHANT } from './support.ts';

const core = CoreService.method;

it('calls Auth once for all waiting callers, and caches the reply', async () => {
  const api = await openApi({ auth: { delayMs: 300 } });
  try {
    const merchantId = merchant();
    const read = () => failure(api.rpc.unary(core.getProgramSettings, { merchantId }));
    const outcomes = await Promise.all(Array.from({ length: 50 }, read));
    expect(outcomes.every(({ code }) => code === status.OK)).toBe(true);
    await read();
    expect(api.auth.calls()).toBe(1);
  } finally {
    await api.stop();
  }
});

it('refuses all callers while Auth is down, and admits them again afterwards', async () => {
  const api = await openApi();
  try {
    const merchantId = merchant();
    const details = 'Auth cannot confirm that merchant_id is valid; try again';
    api.auth.setDown(true);
    expect(await failure(api.rpc.unary(core.getProgramSettings, { merchantId }))).toEqual({
      code: status.UNAVAILABLE,
      details,
    });
    const reply = await post(`${api.url}/core.v1.CoreService/GetProgramSettings`, { merchantId });
    expect(reply).toMatchObject({ status: 503, body: { code: 'unavailable', message: details } });
    api.auth.setDown(false);
    expect((await failure(api.rpc.unary(core.getProgramSettings, { merchantId }))).code).toBe(status.OK);
  } finally {
    await api.stop();
  }
});

it('starts without Auth', async () => {
  // No process listens on this port.
  const api = await openApi({ env: { AUTH_GRPC_URL: '127.0.0.1:1' } });
  try {
    const refusal = await failure(api.rpc.unary(core.getProgramSettings, { merchantId: merchant() }));
    expect(refusal.code).toBe(status.UNAVAILABLE);
  } finally {
    await api.stop();
  }
});

it('counts Auth as down when it does not answer within a second', async () => {
  const api = await openApi({ auth: { delayMs: 2_000 } });
  try {
    const refusal = await failure(api.rpc.unary(core.getProgramSettings, { merchantId: merchant() }));
    expect(refusal.code).toBe(status.UNAVAILABLE);
  } finally {
    await api.stop();
  }
});

it("keeps using the plan's literal path when Auth serves only that path", async () => {
  const api = await openApi({ auth: { paths: 'literal' } });
  try {
    for (let i = 0; i < 3; i++) {
      await api.rpc.unary(core.getProgramSettings, { merchantId: merchant() });
    }
    const refusal = await failure(api.rpc.unary(core.getProgramSettings, { merchantId: UNKNOWN_MERCHANT }));
    expect(refusal.code).toBe(status.PERMISSION_DENIED);
    // The unimplemented path is not called again, so each merchant was one call.
    await waitUntil(() => api.auth.calls() === 4, { what: 'four calls of Auth' });
  } finally {
    await api.stop();
  }
});
