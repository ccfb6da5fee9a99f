import { and, sql, type Column, type SQL } from 'drizzle-orm';
import type { MerchantId, ImportId } from '@core/contracts';
import {
  ACTIVE_STATUSES,
  appendAudit,
  bare,
  build,
  customerImportLogs,
  insertValues,
  RaceLost,
  statement,
  type Actor,
  type ImportTrigger,
  type Tx,
} from '@core/db';
import { CoreError } from '@core/runtime';
import { notConnected } from './access-token.ts';
import { addSlices } from './add-slices.ts';
import { findLastCompleted } from './last-completed.ts';
import { shopDomain } from './shop-domain.ts';
import { isConnected } from './shops/is-connected.ts';
import { ofShop, SHOP } from './shops/of-shop.ts';

export interface StartImport {
  merchantId: MerchantId;
  shop: string;
  /** `auto`: the importer chooses. */
  source?: 'auto' | 'bulk' | 'graphql' | 'rest' | undefined;
  /** `delta`: only what changed since the last completed import; `full` when there is none. */
  mode?: 'full' | 'delta' | undefined;
  /** Why it is started; by default a caller asks for it. */
  trigger?: ImportTrigger;
}

const INSERT = statement({
  params: {
    ...SHOP,
    source: customerImportLogs.source,
    mode: customerImportLogs.mode,
    since: customerImportLogs.since,
    trigger: customerImportLogs.trigger,
  },
  row: { id: customerImportLogs.id },
  text: (p, row) => sql`
    ${insertValues(customerImportLogs, p)}
    on conflict (${bare(customerImportLogs.merchantId, customerImportLogs.shop)})
    where ${isActive({ status: bare(customerImportLogs.status) })} do nothing
    returning ${row}`,
});

/**
 * Creates a pending run with the slice that plans the others; the importer picks it up.
 * @throws CoreError invalid_argument; failed_precondition when the shop is not connected; AlreadyRunning
 */
export async function startImport(tx: Tx, ctx: Actor, input: StartImport): Promise<{ importId: ImportId }> {
  const { merchantId, source = 'auto', trigger = 'caller' } = input;
  const shop = shopDomain(input.shop);
  if (!(await isConnected(tx, { merchantId, shop }))) throw notConnected(shop);

  const since =
    input.mode === 'delta' ? (await findLastCompleted(tx, { merchantId, shop }))?.startedAt : null;
  const mode = since ? 'delta' : 'full';
  const [run] = await tx.run(INSERT, { merchantId, shop, source, mode, since, trigger });
  if (!run) throw await alreadyRunning(tx, merchantId, shop);

  await addSlices(tx, { merchantId, importId: run.id }, [{ kind: 'plan' }]);
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'import.start',
    detail: { import_id: run.id, shop, source, mode },
  });
  return { importId: run.id };
}

/**
 * The condition of the unique index that allows a shop one active run.
 * @param run the table, or an alias of it
 */
export function isActive(run: { readonly status: Column | SQL } = customerImportLogs): SQL {
  return sql`${run.status} in ${ACTIVE_STATUSES}`;
}

/** The shop already has an active import. */
export class AlreadyRunning extends CoreError {
  override name = 'AlreadyRunning';
  readonly importId: ImportId;

  constructor(importId: ImportId, shop: string) {
    super('already_exists', `shop: import ${importId} of ${shop} is still running`, { field: 'shop' });
    this.importId = importId;
  }
}

const FIND_ACTIVE = statement({
  params: SHOP,
  row: { id: customerImportLogs.id },
  text: (p, row) =>
    build
      .select(row)
      .from(customerImportLogs)
      .where(and(ofShop(customerImportLogs, p), isActive())),
});

/** Returns the error that names the run which holds the shop; RaceLost when that run has just ended. */
export async function alreadyRunning(tx: Tx, merchantId: MerchantId, shop: string): Promise<Error> {
  const [running] = await tx.run(FIND_ACTIVE, { merchantId, shop });
  if (!running) return new RaceLost('the import that held the shop has just ended');
  return new AlreadyRunning(running.id, shop);
}
