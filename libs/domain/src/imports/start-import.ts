import { sql, type Column, type SQL } from 'drizzle-orm';
import { ACTIVE_STATUSES, appendAudit, customerImportLogs, RaceLost, type Actor, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import { notConnected } from './access-token.ts';
import { addSlices } from './add-slices.ts';
import { shopDomain } from './shop-domain.ts';

export interface StartImport {
  merchantId: string;
  shop: string;
  /** auto: the importer chooses. */
  source?: 'auto' | 'bulk' | 'graphql' | 'rest' | undefined;
  /** delta: only what changed since the last completed import; full when there is none. */
  mode?: 'full' | 'delta' | undefined;
}

/**
 * Writes a pending run with the slice that plans the others; the importer picks it up.
 * @throws CoreError invalid_argument; failed_precondition when the shop is not connected; AlreadyRunning
 */
export async function startImport(tx: Tx, ctx: Actor, input: StartImport): Promise<{ importId: string }> {
  const { merchantId, source = 'auto' } = input;
  const shop = shopDomain(input.shop);
  if (!(await isConnected(tx, merchantId, shop))) throw notConnected(shop);

  const since = input.mode === 'delta' ? await lastCompletedStart(tx, merchantId, shop) : null;
  const mode = since ? 'delta' : 'full';
  const [run] = await tx.query<{ id: string }>(
    `insert into customer_import_logs (merchant_id, shop, source, mode, since)
     values ($1, $2, $3, $4, $5)
     on conflict (merchant_id, shop) where ${ACTIVE} do nothing
     returning id`,
    [merchantId, shop, source, mode, since],
  );
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
 * The condition of the unique index that lets a shop have one active run.
 * @param run the table, or an alias of it
 */
export function isActive(run: { readonly status: Column | SQL } = customerImportLogs): SQL {
  return sql`${run.status} in ${ACTIVE_STATUSES}`;
}

/** The same as a text. */
export const ACTIVE = `status in (${ACTIVE_STATUSES.map((status) => `'${status}'`).join(', ')})`;

/** The shop has an import already. */
export class AlreadyRunning extends CoreError {
  override name = 'AlreadyRunning';
  readonly importId: string;

  constructor(importId: string, shop: string) {
    super('already_exists', `shop: import ${importId} of ${shop} is still running`, { field: 'shop' });
    this.importId = importId;
  }
}

/** The error that names the run which holds the shop. */
export async function alreadyRunning(tx: Tx, merchantId: string, shop: string): Promise<Error> {
  const [running] = await tx.query<{ id: string }>(
    `select id from customer_import_logs where merchant_id = $1 and shop = $2 and ${ACTIVE}`,
    [merchantId, shop],
  );
  if (!running) return new RaceLost('the import that held the shop ended meanwhile');
  return new AlreadyRunning(running.id, shop);
}

const isConnected = async (tx: Tx, merchantId: string, shop: string): Promise<boolean> =>
  (
    await tx.query('select 1 from shopify_connections where merchant_id = $1 and shop = $2', [
      merchantId,
      shop,
    ])
  ).length > 0;

async function lastCompletedStart(tx: Tx, merchantId: string, shop: string): Promise<Date | null> {
  const [last] = await tx.query<{ started: Date | null }>(
    `select max(started_at) as started from customer_import_logs
      where merchant_id = $1 and shop = $2 and status in ('completed', 'completed_with_errors')`,
    [merchantId, shop],
  );
  return last?.started ?? null;
}
