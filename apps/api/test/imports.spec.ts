import { status } from '@grpc/grpc-js';
import { Client } from 'pg';
import { ImportErrorEffect, ImportMode, ImportService, ImportSource, ImportStatus } from '@core/contracts';
import { ROW_REASONS } from '@core/domain';
import { DEV_ACCESS_TOKEN } from '@core/shopify-stand-in';
import { testServices, waitUntil } from '@core/testing';
import { auditOf, drain, failure, merchant, openApi, type TestApi } from './support.ts';

const imports = ImportService.method;
let api: TestApi;
beforeAll(async () => void (api = await openApi()));
afterAll(() => api?.stop());

let shops = 0;
const connected = async () => {
  const merchantId = merchant();
  const shop = `shop-${++shops}.myshopify.com`;
  const reply = await api.rpc.unary(imports.connectShop, {
    merchantId,
    shop: shop.toUpperCase(),
    accessToken: DEV_ACCESS_TOKEN,
  });
  expect(reply.shop).toBe(shop);
  return { merchantId, shop };
};
const started = async () => {
  const { merchantId, shop } = await connected();
  const { importId } = await api.rpc.unary(imports.startCustomerImport, { merchantId, shop });
  return { merchantId, shop, importId };
};
/** Writes progress in place of the importer. */
const advance = (importId: string, run: string, read = 0) =>
  api.owner.query(
    `with slice as (update customer_import_slices set read = $2, created = $2 where import_id = $1)
     update customer_import_logs set ${run} where id = $1`,
    [importId, read],
  );

it('stores a shop’s tokens encrypted, with an audit row', async () => {
  const { merchantId, shop } = await connected();
  const { rows } = await api.owner.query('select * from shopify_connections where shop = $1', [shop]);
  expect(JSON.stringify(rows)).not.toContain(DEV_ACCESS_TOKEN);
  expect(await auditOf(api.owner, merchantId)).toEqual(['shop.connect']);
});

it('starts, returns, lists, cancels and resumes an import', async () => {
  const { merchantId, shop, importId } = await started();
  const ref = { merchantId, importId };
  const second = await failure(api.rpc.unary(imports.startCustomerImport, { merchantId, shop }));
  expect(second.code).toBe(status.ALREADY_EXISTS);

  const { customerImport } = await api.rpc.unary(imports.getCustomerImport, ref);
  expect(customerImport).toMatchObject({
    importId,
    shop,
    status: ImportStatus.PENDING,
    source: ImportSource.UNSPECIFIED,
    mode: ImportMode.FULL,
    read: 0n,
    rate: 0,
  });
  expect(customerImport!.eta).toBeUndefined();

  const cancelled = await api.rpc.unary(imports.cancelCustomerImport, ref);
  expect(cancelled.customerImport!.status).toBe(ImportStatus.CANCELLED);
  const resumed = await api.rpc.unary(imports.resumeCustomerImport, ref);
  expect(resumed.customerImport!.status).toBe(ImportStatus.PENDING);

  await advance(importId, `status = 'completed', started_at = now(), finished_at = now()`, 3);
  const again = await api.rpc.unary(imports.startCustomerImport, {
    merchantId,
    shop,
    mode: ImportMode.DELTA,
  });
  const first = await api.rpc.unary(imports.listCustomerImports, { merchantId, pageSize: 1 });
  const next = await api.rpc.unary(imports.listCustomerImports, {
    merchantId,
    pageSize: 1,
    pageToken: first.nextPageToken,
  });
  const listed = [...first.customerImports, ...next.customerImports];
  expect(listed.map((run) => [run.importId, run.mode, run.read])).toEqual([
    [again.importId, ImportMode.DELTA, 0n],
    [importId, ImportMode.FULL, 3n],
  ]);
});

it('watches an import until it has ended', async () => {
  const { merchantId, importId } = await started();
  await advance(importId, `status = 'running', started_at = now() - interval '10 s', expected = 400`, 100);
  const seen = [];
  for await (const { customerImport } of api.rpc.stream(imports.watchCustomerImport, {
    merchantId,
    importId,
  })) {
    seen.push(customerImport!);
    if (seen.length === 2) await advance(importId, `status = 'completed', finished_at = now()`, 400);
  }
  expect(seen.length).toBeGreaterThanOrEqual(3);
  expect(seen[0]).toMatchObject({ status: ImportStatus.RUNNING, read: 100n, expected: 400n });
  expect(seen[0]!.rate).toBeGreaterThan(0);
  expect(seen[0]!.eta).toBeGreaterThan(0);
  expect(seen.at(-1)).toMatchObject({ status: ImportStatus.COMPLETED, read: 400n });
  expect(seen.at(-1)!.eta).toBeUndefined();
});

it('queries the database once a second for all watchers of an import', async () => {
  const { merchantId, importId } = await started();
  await advance(importId, `status = 'running'`, 1);
  const statements = async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${api.adminPort}/metrics`)).text();
    return Number(/core_reads_total\{.*node="primary".*\} (\d+)/.exec(metrics)?.[1] ?? 0);
  };
  const before = await statements();
  const ref = { merchantId, importId };
  const seen = Array.from({ length: 50 }, () => 0);
  const all = seen.map(async (_, n) => {
    for await (const { customerImport } of api.rpc.stream(imports.watchCustomerImport, ref)) {
      seen[n]!++;
      if (customerImport!.status === ImportStatus.COMPLETED) return;
    }
  });
  await waitUntil(() => seen.every((snapshots) => snapshots >= 3), {
    what: 'three snapshots for all of them',
  });
  const polls = (await statements()) - before;
  // One poll a second, and a few while watchers arrived. One poll for each snapshot would be 150 and more.
  expect(polls).toBeLessThan(50);
  await advance(importId, `status = 'completed', finished_at = now()`, 2);
  await Promise.all(all);
});

it('returns the first snapshot at once, with the waiting reason and the deleted customers', async () => {
  const { merchantId, importId } = await started();
  await advance(importId, `status = 'running', waiting_reason = 'Shopify asks to wait 2.0 s'`);
  await api.owner.query('update customer_import_slices set deleted = 4 where import_id = $1', [importId]);
  const watching = api.rpc.stream(imports.watchCustomerImport, { merchantId, importId });
  for await (const { customerImport } of watching) {
    expect(customerImport).toMatchObject({
      status: ImportStatus.RUNNING,
      waitingReason: 'Shopify asks to wait 2.0 s',
      deleted: 4n,
    });
    break;
  }
  await advance(importId, `status = 'completed', finished_at = now()`);
});

/** Uses the superuser, which may end the sessions. */
async function endSessionsOfApi(): Promise<void> {
  const { rows } = await api.owner.query<{ name: string }>('select current_database() as name');
  const admin = new Client({ connectionString: testServices().postgres.adminUrl });
  await admin.connect();
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'core_api' and datname = $1`,
    [rows[0]!.name],
  );
  await admin.end();
}

it('keeps watching through a short outage of the database', async () => {
  const { merchantId, importId } = await started();
  await advance(importId, `status = 'running'`);
  let seen = 0;
  for await (const { customerImport } of api.rpc.stream(imports.watchCustomerImport, {
    merchantId,
    importId,
  })) {
    seen++;
    if (seen === 1) {
      await endSessionsOfApi();
    }
    if (seen === 3) await advance(importId, `status = 'completed', finished_at = now()`, 7);
    if (seen > 3) expect(customerImport!.status).toBe(ImportStatus.COMPLETED);
  }
  expect(seen).toBeGreaterThanOrEqual(4);
});

it.each([ImportSource.BULK, ImportSource.GRAPHQL, ImportSource.REST])(
  'accepts the source %s',
  async (source) => {
    const { merchantId, shop } = await connected();
    const { importId } = await api.rpc.unary(imports.startCustomerImport, { merchantId, shop, source });
    const { customerImport } = await api.rpc.unary(imports.getCustomerImport, { merchantId, importId });
    expect(customerImport!.source).toBe(source);
  },
);

it('lists the customers not stored as received, also by reason, with an explanation of each', async () => {
  const { merchantId, importId } = await started();
  const errors = [1, 2, 3].flatMap((n) =>
    ['email_shared', 'invalid_metadata'].map((reason) => ({
      externalId: `gid://shopify/Customer/${n}`,
      reason,
    })),
  );
  await api.given.importErrors({ merchantId, importId }, errors);
  const ref = { merchantId, importId, pageSize: 2 };
  const list = (more: object) => api.rpc.unary(imports.listCustomerImportErrors, { ...ref, ...more });
  const first = await list({ reason: 'email_shared' });
  const next = await list({ reason: 'email_shared', pageToken: first.nextPageToken });
  const { merchant: merchantMessage, support: supportMessage } = ROW_REASONS.email_shared;
  expect([...first.errors, ...next.errors]).toMatchObject(
    Array(3).fill({
      reason: 'email_shared',
      effect: ImportErrorEffect.NOTE,
      merchantMessage,
      supportMessage,
    }),
  );
  expect(first.errors).toHaveLength(2);
  const all = await list({ pageSize: 1_000 });
  expect(all.errors).toHaveLength(6);
  expect(all.errors.map(({ effect }) => effect)).toContain(ImportErrorEffect.NOT_STORED);
  // A page token is valid only for the list that returned it.
  expect(await failure(list({ pageToken: first.nextPageToken }))).toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: expect.stringMatching(/^page_token: /) as string,
  });
  expect(await failure(list({ reason: 'else' }))).toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: expect.stringMatching(/^reason: must be empty or one of .*email_shared/) as string,
  });
});

it('counts the rows by reason once the import has ended', async () => {
  const { merchantId, importId } = await started();
  const get = async () =>
    (await api.rpc.unary(imports.getCustomerImport, { merchantId, importId })).customerImport;
  expect(await get()).toMatchObject({ errorsByReason: [] });
  await api.owner.query(
    `update customer_import_logs
        set status = 'completed_with_errors', row_errors = '{"invalid_email": 2, "of_a_newer_build": 1}' where id = $1`,
    [importId],
  );
  expect((await get())!.errorsByReason).toMatchObject([
    {
      reason: 'invalid_email',
      count: 2n,
      effect: ImportErrorEffect.FIELD_LEFT_OUT,
      merchantMessage: ROW_REASONS.invalid_email.merchant,
      supportMessage: ROW_REASONS.invalid_email.support,
    },
    { reason: 'of_a_newer_build', count: 1n },
  ]);
});

it('notes once that an import stores customers without emails', async () => {
  const { merchantId, importId } = await started();
  const notes = async () =>
    (await api.rpc.unary(imports.getCustomerImport, { merchantId, importId })).customerImport!.notes;
  expect(await notes()).toEqual([]);
  await api.owner.query('update customer_import_logs set emails_withheld = true where id = $1', [importId]);
  expect(await notes()).toEqual([expect.stringMatching(/read customers' emails.*level 2/)]);
});

it('does not show another merchant’s import', async () => {
  const { importId } = await started();
  const other = { merchantId: merchant(), importId };
  for (const method of [
    imports.getCustomerImport,
    imports.cancelCustomerImport,
    imports.resumeCustomerImport,
    imports.listCustomerImportErrors,
  ]) {
    expect(await failure(api.rpc.unary(method as typeof imports.getCustomerImport, other))).toEqual({
      code: status.NOT_FOUND,
      details: 'import not found',
    });
  }
  const watch = drain(api.rpc.stream(imports.watchCustomerImport, other));
  expect(await failure(watch)).toMatchObject({ code: status.NOT_FOUND });
});

it.each([
  [imports.connectShop, { shop: 'example.com', accessToken: 'x' }, /^shop: /],
  [imports.connectShop, { shop: 'a.myshopify.com', accessToken: '' }, /^access_token: /],
  [imports.startCustomerImport, { shop: 'a.myshopify.com', source: 9 }, /^source: /],
  [imports.startCustomerImport, { shop: 'a.myshopify.com', mode: 9 }, /^mode: /],
  [imports.getCustomerImport, { importId: 'x' }, /^import_id: /],
])('%s refuses %j', async (method, request, message) => {
  const refusal = await failure(
    api.rpc.unary(method as typeof imports.connectShop, { merchantId: merchant(), ...request } as object),
  );
  expect(refusal.code).toBe(status.INVALID_ARGUMENT);
  expect(refusal.details).toMatch(message);
});

it('requires a connected shop', async () => {
  const refusal = failure(
    api.rpc.unary(imports.startCustomerImport, { merchantId: merchant(), shop: 'nobody.myshopify.com' }),
  );
  expect((await refusal).code).toBe(status.FAILED_PRECONDITION);
});
