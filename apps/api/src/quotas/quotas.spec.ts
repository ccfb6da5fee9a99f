import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import type { MerchantId } from '@core/contracts';
import { RetryInfoSchema } from '@core/contracts/grpc';
import { Registry } from '@core/runtime';
import { aMerchantId } from '@core/testing';
import type { Caller } from '../rpc-context/context.ts';
import { createRefusals } from '../rpc-context/retryable-error.ts';
import { UNLIMITED } from '../../test/unlimited.ts';
import type { Quota } from './quota.ts';
import { createQuotas } from './quotas.ts';

const [ADA, EVE] = [aMerchantId(), aMerchantId()];
const read = { cost: 'reads', kind: 'unary' } as const;
const points: Caller = { caller: 'points', scopes: new Set() };
const boundTo = (merchant: MerchantId): Caller => ({ ...points, boundTo: merchant });

function openWorld(options: { caller?: Partial<Quota>; merchant?: Partial<Quota> }) {
  let at = 0;
  const registry = new Registry();
  const quotas = createQuotas({
    caller: { ...UNLIMITED, ...options.caller },
    merchant: { ...UNLIMITED, ...options.merchant },
    refusals: createRefusals(registry),
    now: () => at,
  });
  return { quotas, registry, later: (ms: number) => void (at += ms) };
}

const refusalOf = (work: () => unknown): ConnectError => {
  try {
    work();
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  throw new Error('the call was admitted');
};

it('refuses with the time to wait, in both forms', () => {
  const { quotas } = openWorld({ caller: { reads: 1 } });
  quotas.enter(points, read);
  const refusal = refusalOf(() => quotas.enter(points, read));
  expect(refusal.code).toBe(Code.ResourceExhausted);
  expect(refusal.rawMessage).toBe('the quota of this caller for reads per second is used up, try again');
  expect(refusal.metadata.get('retry-after')).toBe('1');
  expect(refusal.details).toEqual([{ desc: RetryInfoSchema, value: { retryDelay: durationFromMs(1_000) } }]);
});

it('returns at least one second in Retry-After, and the exact time in RetryInfo', () => {
  const { quotas } = openWorld({ caller: { in_flight: 1 } });
  quotas.enter(points, read);
  const refusal = refusalOf(() => quotas.enter(points, read));
  expect(refusal.metadata.get('retry-after')).toBe('1');
  expect(refusal.details).toMatchObject([{ value: { retryDelay: { seconds: 0n, nanos: 100_000_000 } } }]);
});

it('enforces the quota of a merchant over all callers', () => {
  const { quotas } = openWorld({ merchant: { reads: 2 } });
  quotas.enter(points, read).chargeMerchant(ADA);
  quotas.enter({ ...points, caller: 'campaign' }, read).chargeMerchant(ADA);
  const usage = quotas.enter(points, read);
  expect(refusalOf(() => usage.chargeMerchant(ADA)).rawMessage).toMatch(
    /^the quota of this merchant for reads/,
  );
  quotas.enter(points, read).chargeMerchant(EVE);
});

it('refuses a token bound to a merchant by the quota of that merchant, before anything is read', () => {
  const { quotas } = openWorld({ merchant: { in_flight: 1 }, caller: { in_flight: 2 } });
  const usage = quotas.enter(boundTo(ADA), read);
  usage.chargeMerchant(ADA); // counts once
  expect(refusalOf(() => quotas.enter(boundTo(ADA), read)).rawMessage).toMatch(/^this merchant has/);
  usage.leave();
  // The refused call holds no slot of its caller either.
  quotas.enter(boundTo(ADA), read).leave();
  quotas.enter(boundTo(ADA), read).leave();
});

it('counts the same name bound to another merchant as another caller', () => {
  const { quotas } = openWorld({ caller: { reads: 1 } });
  quotas.enter(boundTo(ADA), read);
  quotas.enter(boundTo(EVE), read);
  quotas.enter(points, read);
  expect(refusalOf(() => quotas.enter(boundTo(ADA), read)).code).toBe(Code.ResourceExhausted);
});

it('does not charge the merchant for a call that the quota of its caller refuses', () => {
  const { quotas } = openWorld({ caller: { reads: 1 }, merchant: { reads: 2 } });
  quotas.enter(boundTo(ADA), read);
  for (let n = 0; n < 10; n++) refusalOf(() => quotas.enter(boundTo(ADA), read));
  quotas.enter(points, read).chargeMerchant(ADA);
});

it('returns all slots, regardless of how the call ended', () => {
  const { quotas } = openWorld({ caller: { in_flight: 1 }, merchant: { in_flight: 1 } });
  for (let n = 0; n < 5; n++) {
    const usage = quotas.enter(points, read);
    if (n % 2 === 0) usage.chargeMerchant(ADA);
    usage.leave();
  }
  const [one, two] = [quotas.enter(points, read), quotas.enter({ ...points, caller: 'campaign' }, read)];
  one.chargeMerchant(ADA);
  refusalOf(() => two.chargeMerchant(ADA));
  two.leave();
  one.leave();
  quotas.enter(points, read).chargeMerchant(ADA);
});

it('charges the caller and the merchant for the cost of a request', () => {
  const { quotas, later } = openWorld({ caller: { reads: 10 }, merchant: { reads: 10 } });
  quotas.enter(points, read).chargeMerchant(ADA, 30);
  later(1_000);
  refusalOf(() => quotas.enter(points, read));
  const other = quotas.enter({ ...points, caller: 'campaign' }, read);
  refusalOf(() => other.chargeMerchant(ADA));
  later(1_100);
  quotas.enter(points, read).chargeMerchant(ADA, 0.5);
});

it('counts refusals by the kind of holder and the limit, without names', async () => {
  const { quotas, registry } = openWorld({ caller: { reads: 1 }, merchant: { in_flight: 1 } });
  quotas.enter(boundTo(ADA), read);
  refusalOf(() => quotas.enter(boundTo(ADA), read));
  const usage = quotas.enter(points, read);
  refusalOf(() => usage.chargeMerchant(ADA));
  const metrics = await registry.metrics();
  expect(metrics).toContain('core_calls_refused_total{of="caller",limit="reads"} 1');
  expect(metrics).toContain('core_calls_refused_total{of="merchant",limit="in_flight"} 1');
  expect(metrics).not.toMatch(new RegExp(`points|${ADA}`));
});
