import { randomUUID } from 'node:crypto';
import { ImportService } from '@core/contracts';
import { ROW_REASONS } from '@core/domain';
import { csvLines } from '@core/runtime';
import { DEV_ACCESS_TOKEN } from '@core/shopify-stand-in';
import { merchant, openApi, UNKNOWN_MERCHANT, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => void (api = await openApi()));
afterAll(() => api?.stop());

const HEADING = 'external_id,reason,occurred_at,effect,merchant_message,support_message';
/** The part of a line after the id; the explanations are the same in every other place. */
const { merchant: toMerchant, support } = ROW_REASONS.email_shared;
const REST = csvLines([['email_shared', '2026-01-02T03:04:05.678Z', 'note', toMerchant, support]]).trimEnd();

let shops = 0;
async function withErrors(externalIds: string): Promise<{ merchantId: string; importId: string }> {
  const merchantId = merchant();
  const shop = `csv-${++shops}.myshopify.com`;
  await api.rpc.unary(ImportService.method.connectShop, { merchantId, shop, accessToken: DEV_ACCESS_TOKEN });
  const { importId } = await api.rpc.unary(ImportService.method.startCustomerImport, { merchantId, shop });
  await api.owner.query(
    `insert into customer_import_errors (import_id, merchant_id, external_id, reason, occurred_at)
     select $1, $2, external_id, 'email_shared', '2026-01-02T03:04:05.678Z' from ${externalIds}`,
    [importId, merchantId],
  );
  return { merchantId, importId };
}
const download = (query: string, init: RequestInit = {}) =>
  fetch(`${api.url}/core.v1/import-errors.csv?${query}`, init);
const of = ({ merchantId, importId }: { merchantId: string; importId: string }) =>
  `merchant_id=${merchantId.toUpperCase()}&import_id=${importId}`;

it('returns all errors of an import as a file, over many pages', async () => {
  const ref = await withErrors(
    `(select 'gid://shopify/Customer/' || n as external_id from generate_series(1, 2500) n) rows`,
  );
  const reply = await download(of(ref));
  expect(reply.status).toBe(200);
  expect(reply.headers.get('content-type')).toMatch(/^text\/csv; charset=utf-8/);
  expect(reply.headers.get('content-disposition')).toBe(
    `attachment; filename="import-errors-${ref.importId}.csv"`,
  );
  expect(reply.headers.get('x-request-id')).toBeTruthy();
  const [heading, ...lines] = (await reply.text()).split('\r\n');
  expect(heading).toBe(HEADING);
  expect(lines.pop()).toBe('');
  expect(lines[0]).toBe(`gid://shopify/Customer/1,${REST}`);
  expect(new Set(lines).size).toBe(2_500);
});

it('returns only the heading for an import without errors, and no cell that a spreadsheet would run', async () => {
  const empty = await withErrors(`(select 'x' as external_id where false) rows`);
  expect(await (await download(of(empty))).text()).toBe(`${HEADING}\r\n`);
  const bad = await withErrors(`(values ('=1+1'), ('a "b", c')) rows (external_id)`);
  expect((await (await download(of(bad))).text()).split('\r\n').slice(1, 3)).toEqual([
    `'=1+1,${REST}`,
    `"a ""b"", c",${REST}`,
  ]);
});

it.each([
  ['', 400, 'invalid_argument', 'merchant_id'],
  [`merchant_id=x&import_id=${randomUUID()}`, 400, 'invalid_argument', 'merchant_id'],
  [`merchant_id=${merchant()}`, 400, 'invalid_argument', 'import_id'],
  [`merchant_id=${merchant()}&import_id=${randomUUID()}&import_id=2`, 400, 'invalid_argument', 'import_id'],
  [`merchant_id=${UNKNOWN_MERCHANT}&import_id=${randomUUID()}`, 403, 'permission_denied', 'merchant_id'],
  [`merchant_id=${merchant()}&import_id=${randomUUID()}`, 404, 'not_found', undefined],
])('refuses %j', async (query, status, code, field) => {
  const reply = await download(query);
  expect(reply.status).toBe(status);
  const body = (await reply.json()) as Record<string, unknown>;
  expect(body).toMatchObject({ code, message: expect.any(String) as string });
  expect(body.field).toBe(field);
});

it('does not return the errors of another merchant, and is read-only', async () => {
  const ref = await withErrors(`(select 'x' as external_id) rows`);
  expect((await download(of({ ...ref, merchantId: merchant() }))).status).toBe(404);
  expect((await download(of(ref), { method: 'POST' })).status).toBe(405);
});
