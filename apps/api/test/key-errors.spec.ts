// tag: compliance
import { Consistency, CoreService, PrivacyService } from '@core/contracts';
import { bearer, createIssuer } from '@core/testing';
import { merchant, openApi, type TestApi } from './support.ts';

const core = CoreService.method;
let api: TestApi;
beforeAll(async () => (api = await openApi()));
afterAll(() => api.stop());

const create = async (merchantId: string, email: string): Promise<string> =>
  (await api.rpc.unary(core.createCustomer, { merchantId, email })).customerId;

/** Returns how many emails were disclosed according to the audit log. */
const disclosures = async (merchantId: string): Promise<number> =>
  (
    await api.owner.query<{ n: number }>(
      `select coalesce(sum(coalesce(cardinality(customer_ids), 1)), 0)::int as n
         from audit_log where merchant_id = $1 and action = 'customer.email_disclosed'`,
      [merchantId],
    )
  ).rows[0]!.n;

const counted = async (): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${api.adminPort}/metrics`)).text();
  return Number(/^core_unreadable_emails_total(?:\{.*\})? (\d+)$/m.exec(text)?.[1]);
};

/** SQL for an email that cannot be decrypted, of the customer $1; $2 is another one. */
const BROKEN: [string, string][] = [
  ['of another row', `(select email from customers where id = $2)`],
  ['of an unknown generation', `'9' || substr(email, 2) || left($2::text, 0)`],
  ['without a generation', `'ada@example.com' || left($2::text, 0)`],
  ['that was modified', `substr(email, 1, 60) || reverse(substr(email, 61)) || left($2::text, 0)`],
  ['that is not base64', `'1.!' || left($2::text, 0)`],
  ['that is empty', `left($2::text, 0)`],
];

// A broken value must not cause INTERNAL, which would make the whole page unreadable.
it.each(BROKEN)('a stored email %s is missing only from its own row', async (_, value) => {
  const merchantId = merchant();
  const emails = ['ada@example.com', 'ben@example.com', 'cem@example.com', 'dee@example.com'];
  const ids = [];
  for (const email of emails) ids.push(await create(merchantId, email));
  const [customerId, other] = ids;
  await api.owner.query(`update customers set email = ${value} where id = $1`, [customerId, other]);
  await api.replicated();
  const ref = { merchantId, customerId: customerId!, consistency: Consistency.STRONG };
  const before = await counted();

  const { customers } = await api.rpc.unary(core.listCustomers, { merchantId });
  const listed = customers.map(({ customerId: id, email, emailUnreadable }) => [id, email, emailUnreadable]);
  expect(listed).toEqual(
    ids.map((id, n) => (id === customerId ? [id, undefined, true] : [id, emails[n], false])),
  );
  // No audit row names the customer whose email was not returned.
  expect(await disclosures(merchantId)).toBe(3);
  const read = (await api.rpc.unary(core.getCustomer, ref)).customer!;
  expect([read.email, read.emailUnreadable]).toEqual([undefined, true]);
  const email = 'ada@example.com';
  const consistency = Consistency.STRONG;
  const found = await api.rpc.unary(core.findCustomerByEmail, { merchantId, email, consistency });
  expect(found.customer).toMatchObject({ customerId, emailUnreadable: true });
  const metadata = { tier: 'gold' };
  const updated = await api.rpc.unary(core.updateCustomer, { ...ref, metadata });
  expect(updated.customer).toMatchObject({ metadata, emailUnreadable: true });
  expect([found.customer!.email, updated.customer!.email]).toEqual([undefined, undefined]);
  expect((await counted()) - before).toBe(4);
  expect(await disclosures(merchantId)).toBe(3);

  const held = await api.rpc.unary(PrivacyService.method.exportCustomerData, ref);
  expect(held.data).toMatchObject({
    customers: [{ id: customerId, email: null }],
    left_out: [{ place: 'customers', count: 1, reason: 'email_does_not_open' }],
  });

  // The repair: a client that knows the email stores it again.
  const again = { ...ref, email: 'ada.new@example.com' };
  expect((await api.rpc.unary(core.updateCustomer, again)).customer).toMatchObject({
    email: 'ada.new@example.com',
    emailUnreadable: false,
  });
});

it('does not report an unreadable email to a caller that may not see emails', async () => {
  const issuer = createIssuer();
  const own = await openApi({ env: issuer.env });
  try {
    const merchantId = merchant();
    const as = (scope: string) => ({ metadata: bearer(issuer.token({ scope })) });
    const all = as('customers:write customers:read customers:pii');
    const { customerId } = await own.rpc.unary(
      core.createCustomer,
      { merchantId, email: 'ada@example.com' },
      all,
    );
    await own.owner.query(`update customers set email = '1.broken' where id = $1`, [customerId]);
    const ref = { merchantId, customerId, consistency: Consistency.STRONG };
    const seen = async (scope: string) =>
      (await own.rpc.unary(core.getCustomer, ref, as(scope))).customer?.emailUnreadable;
    expect([await seen('customers:read'), await seen('customers:read customers:pii')]).toEqual([false, true]);
  } finally {
    await own.stop();
  }
});
