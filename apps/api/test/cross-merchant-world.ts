import { randomUUID } from 'node:crypto';
import { CoreService, ImportService } from '@core/contracts';
import { DEV_ACCESS_TOKEN } from '@core/shopify-stand-in';
import { bearer, type TokenIssuer } from '@core/testing';
import { merchant, type TestApi } from './support.ts';

const core = CoreService.method;
const imports = ImportService.method;

/** The data of one merchant, and the tokens that its callers present. */
export interface Belongings {
  merchantId: string;
  customerIds: string[];
  importIds: string[];
  /** Ids of privacy requests. */
  requestIds: string[];
  shops: string[];
  emails: string[];
  externalIds: string[];
  pageTokens: string[];
  consistencyTokens: string[];
  /** The token of a caller that is bound to the merchant. */
  token: string;
}

export interface World {
  merchants: Belongings[];
  /** Owning merchant by name: merchant, customer, import, request, shop, email, external id, page token. */
  owners: Map<string, string>;
  /** The token of a service that may act for any merchant. */
  token: string;
}

/** Every merchant has a customer with each of these emails. */
const SHARED_EMAILS = ['ada@example.com', 'grace@example.com'];
const CUSTOMERS = 20;

/** Creates merchants with customers, scores, completed imports, their errors, schedules and settings. */
export async function buildWorld(api: TestApi, issuer: TokenIssuer, size: number): Promise<World> {
  const world: World = { merchants: [], owners: new Map(), token: issuer.token({ sub: 'service' }) };
  for (let n = 0; n < size; n++) {
    const merchantId = merchant();
    const own: Belongings = {
      merchantId,
      customerIds: [],
      importIds: [],
      requestIds: [randomUUID(), randomUUID()],
      shops: [`shop-${merchantId}.myshopify.com`],
      emails: Array.from({ length: CUSTOMERS }, (_, i) => `p${i}.${merchantId}@example.com`),
      externalIds: Array.from({ length: CUSTOMERS }, (_, i) => `gid://shopify/Customer/${n + 1}00${i}`),
      pageTokens: [],
      consistencyTokens: [],
      token: issuer.token({ sub: `of ${merchantId}`, merchant_id: merchantId }),
    };
    const options = { metadata: bearer(own.token) };
    const people = [...own.emails, ...SHARED_EMAILS];
    for (const [i, email] of people.entries()) {
      const externalId = own.externalIds[i] ?? '';
      const metadata = { by: merchantId };
      const request = { merchantId, email, metadata, ...(externalId && { externalId }) };
      const { customerId, consistencyToken } = await api.rpc.unary(core.createCustomer, request, options);
      own.customerIds.push(customerId);
      own.consistencyTokens.push(consistencyToken);
    }
    for (const shop of own.shops) {
      await api.rpc.unary(imports.connectShop, { merchantId, shop, accessToken: DEV_ACCESS_TOKEN }, options);
      const { importId } = await api.rpc.unary(imports.startCustomerImport, { merchantId, shop }, options);
      own.importIds.push(importId);
      const schedule = { merchantId, shop, cron: '0 3 * * *', timeZone: 'Europe/Berlin' };
      await api.rpc.unary(imports.setImportSchedule, schedule, options);
    }
    await api.owner.query(
      `update customer_import_logs set status = 'completed', finished_at = now() where merchant_id = $1`,
      [merchantId],
    );
    await api.given.importErrors(
      { merchantId, importId: own.importIds[0] ?? '' },
      own.externalIds.map((externalId) => ({ externalId, reason: 'email_shared' })),
    );
    await api.owner.query(
      `update customers set rfm_score = '{"recency":5,"frequency":4,"monetary":5,"score":"545","segment":"LOYAL","as_of":"2026-01-02T03:04:05Z","sequence":"1"}'
        where merchant_id = $1`,
      [merchantId],
    );
    const [dataRequestId = '', redactId = ''] = own.requestIds;
    const [customerId] = own.customerIds;
    const erased = { receipt: { places: [] }, done: true };
    await api.given.aRequest(merchantId, { requestId: dataRequestId, kind: 'data_request', customerId });
    await api.given.aRequest(merchantId, { requestId: redactId, kind: 'redact', customerId, ...erased });
    const names = [
      own.customerIds,
      own.importIds,
      own.requestIds,
      own.shops,
      own.emails,
      own.externalIds,
    ].flat();
    for (const name of [merchantId, ...names]) world.owners.set(name, merchantId);
    world.merchants.push(own);
  }
  await api.replicated();
  return world;
}

/** Names that a row of another merchant would show. A merchant's id is in its shop and emails, too. */
const NAMES = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}|gid:\/\/shopify\/Customer\/\d+/gi;

/** Returns the names in a text that belong to another merchant than `merchantId`. */
export const foreignNames = (world: World, merchantId: string, text: string): string[] =>
  (text.match(NAMES) ?? []).filter((name) => isForeign(world, merchantId, name));

export function isForeign({ owners }: World, merchantId: string, name: unknown): boolean {
  const owner = owners.get(String(name)) ?? owners.get(String(name).toLowerCase());
  return owner !== undefined && owner !== merchantId;
}
