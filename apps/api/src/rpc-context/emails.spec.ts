import { Registry } from '@core/runtime';
import { aCustomerId } from '@core/testing';
import type { CallContext } from './context.ts';
import { createUnreadableEmailReport } from './emails.ts';

it('counts unreadable emails, and logs one line for a page', async () => {
  const registry = new Registry();
  const lines: unknown[] = [];
  const report = createUnreadableEmailReport(registry, { error: (line: unknown) => void lines.push(line) });
  const ids = Array.from({ length: 1_000 }, () => aCustomerId());
  report({ requestId: 'r', merchantId: 'm' } as CallContext, ids);
  expect(lines).toEqual([
    { request_id: 'r', merchant_id: 'm', emails: 1_000, customer_ids: ids.slice(0, 10) },
  ]);
  expect(await registry.metrics()).toContain('core_unreadable_emails_total 1000');
});
