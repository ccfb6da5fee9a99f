import { randomBytes, randomUUID } from 'node:crypto';
import type { ImportId, MerchantId } from '@core/contracts';
import { inTransaction, type SliceKind, type Tx } from '@core/db';
import { shopIdOf } from '@core/shopify-stand-in';
import { startStack } from '@core/stack';
import { aMerchantId, assertShopDirectory, gid } from '@core/testing';
import {
  advanceRun,
  claimPage,
  claimSlices,
  commitPage,
  connectShop,
  countersOf,
  getImport,
  storeFoundIds,
  storeIds,
  startPendingRuns,
  planRun,
  readIdsToVerify,
  startImport,
  upsertCustomers,
  type CommandContext,
  type PageRef,
  type SliceCounters,
  type SliceRange,
  type StartImport,
} from '../src/index.ts';

export type ImportsWorld = Awaited<ReturnType<typeof openImports>>;

interface Ref {
  merchantId: MerchantId;
  importId: ImportId;
}
interface Shop {
  merchantId: MerchantId;
  shop: string;
}

export const newShop = (): Shop => ({
  merchantId: aMerchantId(),
  shop: `shop-${randomBytes(6).toString('hex')}.myshopify.com`,
});

/** A customer as a source returns it. */
export const customer = (id: number, email = `c${id}@example.com`) => ({
  externalId: gid(id),
  email,
  metadata: {},
  sourceUpdatedAt: new Date(0),
});

/** A spec file's own database. Each step runs as the role of its app, so that a missing privilege shows. */
export async function openImports() {
  const stack = await startStack({ services: 'run', postgres: {} });
  const api = stack.pool('core_api', { max: 10 });
  const importer = stack.pool('core_importer', { max: 10 });
  const owner = stack.pool('core_owner', { max: 2 });
  const ctx: CommandContext = { caller: 'spec', requestId: randomUUID(), keys: stack.keys };
  const asApi = <T>({ merchantId }: { merchantId: MerchantId }, work: (tx: Tx) => Promise<T>): Promise<T> =>
    inTransaction(api, work, { merchantId });
  const asImporter = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => inTransaction(importer, work);

  /** Emails of customers that were edited in the shop. */
  const edited = new Map<number, string>();
  const inShop = (id: number) => customer(id, edited.get(id));

  const connect = async (shop: Shop = newShop()): Promise<Shop> => {
    await asApi(shop, (tx) =>
      connectShop(tx, ctx, { ...shop, shopId: String(shopIdOf(shop.shop)), accessToken: 'shpat_secret' }),
    );
    return shop;
  };
  const start = (shop: Shop, options: Pick<StartImport, 'mode' | 'source'> = {}) =>
    asApi(shop, (tx) => startImport(tx, ctx, { ...shop, ...options }));
  const claimAll = (most = 20) =>
    asImporter(async (tx) => {
      await startPendingRuns(tx, { most: 10 });
      return claimSlices(tx, { most });
    });
  const claim = async (): Promise<PageRef> => {
    const [page] = await claimAll(1);
    if (!page) throw new Error('nothing to claim');
    return page;
  };
  const begin = async (shop?: Shop, options: Pick<StartImport, 'mode'> = {}) => {
    const connected = shop ?? (await connect());
    const { importId } = await start(connected, options);
    return { ref: { merchantId: connected.merchantId, importId }, shop: connected, page: await claim() };
  };
  const plan = (page: PageRef, expected: number, ranges: SliceRange[] = [{}]) =>
    asImporter(async (tx) => {
      await planRun(tx, { ...page, expected, source: 'graphql', ranges });
      await advanceRun(tx, ctx, page);
    });
  /** Commits a page of a slice as the importer does. @param cursor null: the last page */
  const commit = (page: PageRef, cursor: string | null, counters: Partial<SliceCounters> = {}) =>
    asImporter((tx) =>
      commitPage(tx, { ...page, cursor, done: cursor === null, counters: countersOf('read', counters) }),
    );
  /** Commits the last page of a slice of any kind, which reads these customers. */
  const finish = (page: PageRef, cursor: string | null, ids: readonly number[]) =>
    asImporter(async (tx) => {
      const [slice] = await tx.query<{ kind: SliceKind }>(
        'select kind from customer_import_slices where import_id = $1 and slice = $2',
        [page.importId, page.slice],
      );
      const counts = await upsertCustomers(tx, ctx, { ...page, customers: ids.map(inShop) });
      const counters = countersOf(slice?.kind ?? 'read', { ...counts, read: ids.length });
      await commitPage(tx, { ...page, cursor, done: true, counters });
      await storeIds(tx, { ...page, ids });
      await advanceRun(tx, ctx, page);
    });

  return {
    owner,
    given: stack.given,
    api,
    ctx,
    asApi,
    asImporter,
    connect,
    start,
    claim,
    claimAll,
    begin,
    plan,
    commit,
    show: (ref: Ref) => asApi(ref, (tx) => getImport(tx, ref)),
    finish,
    /** Changes a customer's email in the shop, until the next reset. */
    edit: (id: number, email: string) => void edited.set(id, email),
    /** Reads these customers in the next slice, a read or reconcile slice, to its end. */
    read: async (ids: readonly number[]) => {
      const page = await claim();
      await asImporter((tx) => claimPage(tx, page));
      await finish(page, null, ids);
    },
    /** Lists these ids in the next slice, an ids slice. */
    list: async (ids: readonly number[]) => {
      const page = await claim();
      await asImporter(async (tx) => {
        await commitPage(tx, { ...page, cursor: null, done: true, counters: countersOf('ids', {}) });
        await storeIds(tx, { ...page, ids });
        await advanceRun(tx, ctx, page);
      });
    },
    /**
     * Processes the next slice, a verify slice.
     * @param counted the shop's count
     * @param has the customers that the shop has
     * @returns the ids that were requested from the shop
     */
    verify: async (counted: number, has: readonly number[] = []) => {
      const asked: number[] = [];
      for (let page = await claim(), done = false; !done; page = { ...page, page: page.page + 1 }) {
        done = await asImporter(async (tx) => {
          const ids = await readIdsToVerify(tx, page);
          asked.push(...ids);
          const found = ids.filter((id) => has.includes(id));
          const counts = await upsertCustomers(tx, ctx, { ...page, customers: found.map(inShop) });
          const last = (await readIdsToVerify(tx, { ...page, page: page.page + 1 })).length === 0;
          const counters = countersOf('verify', { ...counts, read: found.length });
          await commitPage(tx, { ...page, cursor: String(counted), done: last, counters });
          await storeFoundIds(tx, { ...page, found });
          if (last) await advanceRun(tx, ctx, page);
          return last;
        });
      }
      return asked;
    },
    slicesOf: async ({ importId }: Ref) =>
      (
        await owner.query<{ kind: string; range: string; done: boolean }>(
          'select kind, range, done from customer_import_slices where import_id = $1 order by slice',
          [importId],
        )
      ).rows,
    /** Lets the leases of a run expire. */
    runOut: ({ importId }: Ref) =>
      owner.query(
        "update customer_import_slices set lease_until = now() - interval '1 second' where import_id = $1",
        [importId],
      ),
    actionsOf: async (merchantId: MerchantId) =>
      (
        await owner.query<{ action: string }>(
          'select action from audit_log where merchant_id = $1 order by id',
          [merchantId],
        )
      ).rows.map(({ action }) => action),
    /** Cancels unfinished runs, which the next test would pick up. */
    reset: () => {
      edited.clear();
      return owner.query("update customer_import_logs set status = 'cancelled' where finished_at is null");
    },
    /** Checks, whatever the tests were about, that the shop directory and the connections agree. */
    close: async () => {
      try {
        await assertShopDirectory(owner);
      } finally {
        await stack.stop();
      }
    },
  };
}
