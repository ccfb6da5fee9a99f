import { timestampDate } from '@bufbuild/protobuf/wkt';
import { eq, sql } from 'drizzle-orm';
import { ImportService, ImportStatus, statusName, type CustomerImport } from '@core/contracts';
import { build, customers, instantOf, nullable, returning, statement } from '@core/db';
import { waitUntil } from '@core/testing';
import { databaseReader, type TourContext } from './context.ts';
import { EXTERNAL_IDS, isOfShop } from './is-of-shop.ts';
import { createProgress } from './progress.ts';

/**
 * The external ids of the shop's customers; undefined when a server other than the stand-in imitates Shopify.
 */
export type Imported = readonly string[] | undefined;

/** Imports the whole shop, or resumes the import of an earlier run, and checks that it is complete. */
export async function importCustomers(tour: TourContext, limitMs: number): Promise<Imported> {
  const { rpc, merchantId, shop, tell } = tour;
  const left = await unfinishedImport(tour);
  if (left) tell(`continuing import ${left}, which an earlier run left unfinished`);
  const importId =
    left ?? (await rpc.unary(ImportService.method.startCustomerImport, { merchantId, shop })).importId;

  const progress = createProgress();
  let last: CustomerImport | undefined;
  for await (const { customerImport } of rpc.stream(
    ImportService.method.watchCustomerImport,
    {
      merchantId,
      importId,
    },
    { timeoutMs: limitMs },
  )) {
    last = customerImport;
    if (last) {
      const note =
        last.waitingReason ||
        `${Math.round(last.rate)}/s${last.eta ? `, ${Math.round(last.eta)} s left` : ''}`;
      progress.update(Number(last.read), Number(last.expected), note);
    }
  }
  progress.end();
  if (last?.status !== ImportStatus.COMPLETED && last?.status !== ImportStatus.COMPLETED_WITH_ERRORS) {
    throw new Error(
      `the import ended with status ${statusName(last?.status)}: ${last?.error || 'no error was reported'}`,
    );
  }
  tell(
    `import ${importId}: ${statusName(last.status)}, expected ${last.expected}, read ${last.read}, created ${last.created}, ` +
      `updated ${last.updated}, unchanged ${last.unchanged}, skipped ${last.skipped}, failed ${last.failed}`,
  );
  const ids = tour.stack.standInUrl ? await idsOfShop(tour.stack.standInUrl, tour.shop) : undefined;
  await compareRows(tour, last, ids);
  return ids;
}

/**
 * Returns the id of an active full import. One that Ctrl-C interrupted resumes automatically with the
 * importer.
 */
async function unfinishedImport({ rpc, merchantId, shop }: TourContext): Promise<string | undefined> {
  const { customerImports } = await rpc.unary(ImportService.method.listCustomerImports, { merchantId });
  const active: ImportStatus[] = [ImportStatus.PENDING, ImportStatus.RUNNING, ImportStatus.PAUSED];
  return customerImports.find((run) => run.shop === shop && active.includes(run.status))?.importId;
}

const COUNT = statement({
  params: { merchantId: customers.merchantId, externalIds: EXTERNAL_IDS, startedAt: nullable(instantOf) },
  text(p) {
    const found = sql<number>`count(*) filter (where ${isOfShop(p.externalIds)})::int`;
    const erased = sql<number>`count(*) filter (where ${customers.erasedAt} >= ${p.startedAt})::int`;
    return returning({ found, erased }, (row) =>
      build.select(row).from(customers).where(eq(customers.merchantId, p.merchantId)),
    );
  },
});

/**
 * Checks that each customer of the shop is a row, except those that the run skipped or failed to store and
 * those erased since its start. Additional rows may exist: earlier use of the stack may have created
 * customers that are not in the shop.
 * @throws Error when rows are missing
 */
export async function compareRows(
  { stack, merchantId, tell }: Pick<TourContext, 'stack' | 'merchantId' | 'tell'>,
  { skipped, failed, startedAt }: Pick<CustomerImport, 'skipped' | 'failed' | 'startedAt'>,
  ids: Imported,
): Promise<void> {
  const count = async (url: string) => {
    const [row] = await databaseReader(url).run(COUNT, {
      merchantId,
      externalIds: ids,
      startedAt: startedAt && timestampDate(startedAt),
    });
    if (!row) throw new Error('an aggregate query returned no row');
    return row;
  };
  const { DEV_DB_URL, DEV_DB_REPLICA_URL } = stack.env;
  const primary = await count(DEV_DB_URL);
  await waitUntil(async () => (await count(DEV_DB_REPLICA_URL)).found === primary.found, {
    what: 'the replica to hold every imported row',
  });
  tell(
    `rows: primary ${primary.found}, replica ${primary.found}; customers in the shop: ${ids?.length ?? 'unknown'}`,
  );
  if (!ids) return;
  const leftOut = Number(skipped) + Number(failed) + primary.erased;
  if (primary.found + leftOut < ids.length) {
    throw new Error(
      `the shop has ${ids.length} customers, but ${primary.found} are stored and ${leftOut} were skipped, failed or erased`,
    );
  }
}

const PAGE = 1_000;

/** Returns the external ids of all customers of the stand-in's shop. */
export async function idsOfShop(standInUrl: string, shop: string): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const page = `offset=${ids.length}&limit=${PAGE}`;
    const reply = await fetch(`${standInUrl}/_control/shops/${shop}/customers?${page}`);
    const customers = (await reply.json()) as { id: string }[];
    ids.push(...customers.map(({ id }) => id));
    if (customers.length === 0) return ids;
  }
}
