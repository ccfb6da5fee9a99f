import { Code, type ConnectError } from '@connectrpc/connect';
import type { MerchantId } from '@core/contracts';
import { Registry } from '@core/runtime';
import { aMerchantId } from '@core/testing';
import { UNLIMITED } from '../../test/unlimited.ts';
import type { Quota } from '../quotas/quota.ts';
import { createQuotas } from '../quotas/quotas.ts';
import { createAdmit, type AdmittedCall, type IncomingCall } from './admit.ts';
import { createCallLimit } from './call-limit.ts';
import type { Caller, Scope } from './context.ts';
import { createGate, type AdmissionPolicy } from './gate.ts';
import { createRefusals } from './retryable-error.ts';

const [ADA, EVE] = [aMerchantId(), aMerchantId()];

interface World {
  caller?: Partial<Caller>;
  callerQuota?: Partial<Quota>;
  merchantQuota?: Partial<Quota>;
  isMerchant?: boolean;
}

/** The admission of calls, as an entry point uses it. */
function world({ caller, callerQuota, merchantQuota, isMerchant = true }: World = {}) {
  const registry = new Registry();
  const refusals = createRefusals(registry);
  const admit = createAdmit({
    gate: createGate({
      limit: createCallLimit(registry, refusals),
      identify: () => ({ caller: 'spec', scopes: new Set<Scope>(['imports:write']), ...caller }),
      quotas: createQuotas({
        caller: { ...UNLIMITED, ...callerQuota },
        merchant: { ...UNLIMITED, ...merchantQuota },
        refusals,
      }),
    }),
    isMerchant: async () => isMerchant,
  });
  const ended: string[] = [];
  const replyHeaders: Record<string, string> = {};
  const incoming: IncomingCall = {
    header: (name) => (name === 'x-request-id' ? 'r-1' : undefined),
    deadline: undefined,
    onCancel: () => undefined,
    reply: (name, value) => void (replyHeaders[name] = value),
  };
  const policy: AdmissionPolicy = { scope: 'imports:write', cost: 'exports', kind: 'stream' };
  const enter = async () =>
    admit(incoming, policy, (requestId) => (code) => ended.push(`${requestId} ${code}`));
  const inFlight = async () =>
    Number(/core_streams_in_flight\{.*\} (\d+)/.exec(await registry.metrics())?.[1]);
  return { enter, ended, replyHeaders, inFlight };
}

const refusalOf = (work: Promise<unknown>): Promise<ConnectError> =>
  work.then(
    () => Promise.reject(new Error('the call was admitted')),
    (error: unknown) => error as ConnectError,
  );

/** Acts as an entry point does: an error from `actFor` ends the call. */
const actFor = async (call: AdmittedCall, merchantId: MerchantId) => {
  try {
    return await call.actFor(merchantId).finally(() => call.leave());
  } catch (thrown) {
    throw call.fail(thrown);
  }
};

it('holds a slot until the work leaves, and reports the end once', async () => {
  const { enter, ended, replyHeaders, inFlight } = world();
  const call = await enter();
  expect(replyHeaders).toEqual({ 'x-request-id': 'r-1' });
  expect(await call.actFor(ADA)).toMatchObject({ caller: 'spec', requestId: 'r-1', merchantId: ADA });
  expect(await inFlight()).toBe(1);
  call.leave();
  call.finish();
  expect([await inFlight(), ended]).toEqual([0, ['r-1 ok']]);
});

it.each<[string, World, Code, RegExp]>([
  ['without the scope', { caller: { scopes: new Set() } }, Code.PermissionDenied, /^the scope imports:write/],
  ['beyond the quota of its caller', { callerQuota: { streams: 0 } }, Code.ResourceExhausted, /this caller/],
  [
    'with a token whose merchant has used up its quota',
    { caller: { boundTo: ADA }, merchantQuota: { streams: 0 } },
    Code.ResourceExhausted,
    /this merchant/,
  ],
])('refuses a call %s by its head, and holds no slot', async (_, options, code, message) => {
  const { enter, ended, inFlight } = world(options);
  const refusal = await refusalOf(enter());
  expect([refusal.code, refusal.rawMessage]).toEqual([code, expect.stringMatching(message)]);
  expect(ended).toHaveLength(1);
  expect(await inFlight()).toBe(0);
});

it.each<[string, World, Code, RegExp]>([
  ['that its token is not bound to', { caller: { boundTo: EVE } }, Code.PermissionDenied, /bound to another/],
  ['that has used up its quota', { merchantQuota: { streams: 0 } }, Code.ResourceExhausted, /this merchant/],
  ['that Auth does not know', { isMerchant: false }, Code.PermissionDenied, /not a valid merchant/],
])('does not act for a merchant %s, and holds no slot', async (_, options, code, message) => {
  const { enter, ended, inFlight } = world(options);
  const call = await enter();
  const refusal = await refusalOf(actFor(call, ADA));
  expect([refusal.code, refusal.rawMessage]).toEqual([code, expect.stringMatching(message)]);
  expect(ended).toHaveLength(1);
  expect(await inFlight()).toBe(0);
});
