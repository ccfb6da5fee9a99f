import { ImportService, ImportStatus, statusName, type CustomerImport } from '@core/contracts';
import { waitUntil } from '@core/testing';
import { queryDatabase, type TourContext } from './context.ts';
import { createProgress } from './progress.ts';

/** Imports the whole shop, or goes on with the import that an earlier run left, and compares the counts. */
export async function importCustomers(tour: TourContext): Promise<void> {
  const { rpc, merchantId, shop, tell } = tour;
  const left = await unfinishedImport(tour);
  if (left) tell(`going on with import ${left}, which an earlier run left`);
  const importId =
    left ?? (await rpc.unary(ImportService.method.startCustomerImport, { merchantId, shop })).importId;

  const progress = createProgress();
  let last: CustomerImport | undefined;
  for await (const { customerImport } of rpc.stream(ImportService.method.watchCustomerImport, {
    merchantId,
    importId,
  })) {
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
    throw new Error(`the import ended as ${statusName(last?.status)}: ${last?.error || 'no reason given'}`);
  }
  tell(
    `import ${importId}: ${statusName(last.status)}, expected ${last.expected}, read ${last.read}, created ${last.created}, ` +
      `updated ${last.updated}, unchanged ${last.unchanged}, skipped ${last.skipped}, failed ${last.failed}`,
  );
  await compareCounts(tour, Number(last.expected) - Number(last.skipped));
}

/** A full import that was cut off by Ctrl-C is still active: it resumes by itself when the importer is back. */
async function unfinishedImport({ rpc, merchantId, shop }: TourContext): Promise<string | undefined> {
  const { customerImports } = await rpc.unary(ImportService.method.listCustomerImports, { merchantId });
  const active: ImportStatus[] = [ImportStatus.PENDING, ImportStatus.RUNNING, ImportStatus.PAUSED];
  return customerImports.find((run) => run.shop === shop && active.includes(run.status))?.importId;
}

async function compareCounts(
  { stack, merchantId, shop, tell }: TourContext,
  expected: number,
): Promise<void> {
  const count = async (url: string) => {
    const [row] = await queryDatabase<{ rows: string }>(
      url,
      'select count(*) as rows from customers where merchant_id = $1 and external_id is not null',
      [merchantId],
    );
    return Number(row?.rows);
  };
  const { CORE_DB_URL, CORE_DB_REPLICA_URL } = stack.env;
  const primary = await count(CORE_DB_URL);
  await waitUntil(async () => (await count(CORE_DB_REPLICA_URL)) === primary, {
    what: 'the replica to hold every imported row',
  });
  const shopsOwn = stack.standInUrl ? await shopCount(stack.standInUrl, shop) : 'not asked';
  tell(`rows: primary ${primary}, replica ${primary}; the shop itself counts ${shopsOwn}`);
  if (primary !== expected) throw new Error(`${expected} customers were expected, ${primary} are there`);
}

async function shopCount(standInUrl: string, shop: string): Promise<number> {
  const reply = await fetch(`${standInUrl}/_control/shops/${shop}`);
  return ((await reply.json()) as { customers: number }).customers;
}
