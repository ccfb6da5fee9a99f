import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CoreService, Topic } from '@core/contracts';
import { buildConsole, waitUntil } from '@core/testing';
import { runCypress } from './console/run-cypress.ts';
import { newDir, publish, remove, start, stop, type E2e } from './e2e/support.ts';

// Fetching Cypress the first time, and a stack.
jest.setTimeout(3_000_000);

let e2e: E2e | undefined;
const dir = newDir();
beforeAll(async () => {
  const folder = join(dir, 'console');
  const build = async () => {
    await buildConsole(folder, 'apps/console/test/client-page/vite.config.ts');
    return folder;
  };
  e2e = await start(dir, { buildConsole: build });
});
afterAll(async () => {
  try {
    if (e2e) await stop(e2e);
  } finally {
    remove(dir);
  }
});

it('reads the score of rfm.updated in Cypress’s browser, by the Connect client of the console', async () => {
  const { rpc, stack } = e2e as E2e;
  const merchantId = stack.env.DEV_MERCHANT_ID;
  const { customerId } = await rpc.unary(CoreService.method.createCustomer, {
    merchantId,
    email: 'ada@example.com',
  });
  const rfm_score = {
    ...{ recency: 5, frequency: 4, monetary: 5, segment: 'CHAMPIONS' },
    ...{ as_of: '2026-01-02T00:00:00Z', sequence: 17 },
  };
  await publish(e2e as E2e, Topic.rfmUpdated, customerId, {
    ...{ event_id: randomUUID(), merchant_id: merchantId, customer_id: customerId, rfm_score },
    occurred_at: '2026-01-02T00:00:01Z',
  });
  await waitUntil(
    async () => (await rpc.unary(CoreService.method.getCustomerRFM, { merchantId, customerId })).rfmScore,
    { what: 'the score' },
  );
  const { failed, output } = await runCypress(stack.env.CORE_HTTP_URL, {
    link: `/console#token=${stack.env.DEV_TOKEN}`,
    merchantId,
    scored: customerId,
    unknown: randomUUID(),
  });
  if (failed > 0) throw new Error(output);
  // A run that found no spec would also have no failure.
  expect(output).toMatch(/Passing: {1,20}3\b/);
});
