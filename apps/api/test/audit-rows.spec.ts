// tag: compliance
import type { DescMessage } from '@bufbuild/protobuf';
import { CoreService } from '@core/contracts';
import { DEV_CLIENT_ID, DEV_CLIENT_SECRET } from '@core/shopify-stand-in';
import { bearer, createIssuer } from '@core/testing';
import type { Method } from '../src/method.ts';
import { METHODS } from '../src/methods.ts';
import { byGrpc, sampleOf } from './identity-support.ts';
import { merchant, openApi, type TestApi } from './support.ts';

/** The audit action of a successful call, for each rpc that writes. */
const WRITES: Record<string, string> = {
  CreateCustomer: 'customer.create',
  UpdateCustomer: 'customer.update',
  UpdateProgramSettings: 'settings.update',
  ConnectShop: 'shop.connect',
  StartCustomerImport: 'import.start',
  CancelCustomerImport: 'import.cancel',
  ResumeCustomerImport: 'import.resume',
  SetImportSchedule: 'schedule.set',
  DeleteImportSchedule: 'schedule.delete',
  MoveShopConnection: 'shop.move',
  CreateInstallLink: 'shop.link',
  SetSegmentSync: 'segments.set',
  MoveShop: 'shop.move',
  DisconnectShop: 'shop.disconnect',
  ExportCustomerData: 'privacy.export',
  CancelPrivacyRequest: 'privacy.cancel',
  RequestErasure: 'privacy.request',
};
const DISCLOSED = 'customer.email_disclosed';

/**
 * Returns whether an rpc reads; one with any other name counts as a write. The emails of an exported segment
 * have a separate spec.
 */
const isRead = ({ desc }: Method) => /^(Get|BatchGet|Find|List|Watch|Preview|ExportSegment$)/.test(desc.name);
const writes = METHODS.filter((method) => !isRead(method));
const reads = METHODS.filter(isRead);

/** Returns whether a reply may contain a person's email, at any depth. */
const holdsEmail = ({ fields, typeName }: DescMessage, seen: readonly string[] = []): boolean =>
  !seen.includes(typeName) &&
  fields.some(
    ({ name, message }) => name === 'email' || (message && holdsEmail(message, [...seen, typeName])),
  );

const ACTOR = 'service-of-spec';
const issuer = createIssuer();
let api: TestApi;
const app = {
  SHOPIFY_CLIENT_ID: DEV_CLIENT_ID,
  SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET,
  CORE_PUBLIC_URL: 'https://core.example.com',
};
beforeAll(async () => void (api = await openApi({ env: { ...issuer.env, ...app } })));
afterAll(() => api?.stop());

/** Makes a call with its own request id. @returns the reply and the audit rows of the call */
async function call(method: Method, known: Parameters<typeof sampleOf>[1]) {
  const requestId = `${method.desc.name}-${known.merchantId}`;
  const headers = { ...bearer(issuer.token({ sub: ACTOR })), 'x-request-id': requestId };
  const reply = await byGrpc(api.rpc)(method, sampleOf(method, known), headers);
  const { rows } = await api.owner.query(
    'select action, actor, merchant_id, customer_id from audit_log where request_id = $1 order by id',
    [requestId],
  );
  return { reply: reply as Record<string, unknown>, rows };
}

/** Creates a merchant's data; the calls fill in further ids. */
async function newWorld() {
  const merchantId = merchant();
  const metadata = bearer(issuer.token());
  const { settings, etag } = await api.rpc.unary(
    CoreService.method.getProgramSettings,
    { merchantId },
    { metadata },
  );
  const requestId = `spec-${merchantId}`;
  await api.given.aRequest(merchantId, { requestId, kind: 'data_request' });
  const erased = {
    requestId: `${requestId}-erased`,
    kind: 'redact',
    receipt: { places: [] },
    done: true,
  } as const;
  await api.given.aRequest(merchantId, erased);
  return {
    merchantId,
    requestId,
    email: `p.${merchantId}@example.com`,
    shop: `s-${merchantId}.myshopify.com`,
    newShop: `n-${merchantId}.myshopify.com`,
    rfmThresholds: settings?.rfmThresholds,
    etag,
  } as Parameters<typeof sampleOf>[1];
}

/** Which of the requests of newWorld, or a new one, a call names. */
const REQUESTS: Record<string, string> = {
  GetErasureReceipt: '-erased',
  CancelPrivacyRequest: '-shop',
  RequestErasure: '-new',
};
const requestIdFor = ({ desc }: Method, known: Record<string, unknown>): string =>
  `${String(known['requestId'])}${REQUESTS[desc.name] ?? ''}`;

/** Calls every rpc that writes, in the order of the table, in which each call finds what it needs. */
async function callWrites() {
  const known = await newWorld();
  const auditRows = new Map<string, Record<string, unknown>[]>();
  for (const method of writes) {
    const moves = WRITES[method.desc.name] === 'shop.move';
    if (moves) api.shopify.rename(String(known['shop']), String(known['newShop']));
    // The metadata differs from one call to the next: a call that changes nothing leaves no row.
    if (method.desc.name === 'CancelPrivacyRequest') {
      // Not before: while it waits, no shop can be moved.
      const requestId = requestIdFor(method, known);
      await api.given.aRequest(known.merchantId, { requestId, kind: 'shop_redact', waitsHours: 1 });
    }
    const { reply, rows } = await call(method, {
      ...known,
      requestId: requestIdFor(method, known),
      metadata: { by: method.desc.name },
    });
    auditRows.set(method.desc.name, rows);
    if (moves) Object.assign(known, { shop: known['newShop'], newShop: `n-${String(known['newShop'])}` });
    for (const field of ['customerId', 'importId']) known[field] ??= reply[field];
  }
  return { known, auditRows };
}

it('WRITES lists every rpc that writes', () =>
  expect(writes.map(({ desc }) => desc.name).sort()).toEqual(Object.keys(WRITES).sort()));

it('records every successful write: actor, action, merchant and request', async () => {
  const { known, auditRows } = await callWrites();
  const { merchantId, customerId } = known;
  for (const { desc } of writes) {
    const about = { actor: ACTOR, merchant_id: merchantId };
    expect([desc.name, auditRows.get(desc.name)]).toEqual([
      desc.name,
      expect.arrayContaining([expect.objectContaining({ ...about, action: WRITES[desc.name] })]),
    ]);
    if (!holdsEmail(desc.output)) continue;
    expect(auditRows.get(desc.name)).toContainEqual({ ...about, action: DISCLOSED, customer_id: customerId });
  }
  expect(auditRows.get('CreateCustomer')).toMatchObject([{ customer_id: customerId }]);
});

it('records every email that a read returns, and nothing for a read without emails', async () => {
  const { known } = await callWrites();
  const { merchantId, customerId } = known;
  // Lets the stream end.
  await api.owner.query(
    `update customer_import_logs set status = 'cancelled', finished_at = now() where merchant_id = $1`,
    [merchantId],
  );
  await api.replicated();
  const disclosing = reads.filter(({ desc }) => holdsEmail(desc.output)).map(({ desc }) => desc.name);
  expect(disclosing.sort()).toEqual(['FindCustomerByEmail', 'GetCustomer', 'ListCustomers']);
  for (const method of reads) {
    const { name } = method.desc;
    const { rows } = await call(method, { ...known, requestId: requestIdFor(method, known) });
    const disclosed = {
      action: DISCLOSED,
      actor: ACTOR,
      merchant_id: merchantId,
      customer_id: customerId,
    };
    expect([name, rows]).toEqual([name, disclosing.includes(name) ? [disclosed] : []]);
  }
});
