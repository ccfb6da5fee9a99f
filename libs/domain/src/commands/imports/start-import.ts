import { ACTIVE_STATUSES, appendAudit, RaceLost, type Tx } from '@core/db';
import { CoreError, invalid } from '@core/runtime';
import type { CommandContext } from '../../context.ts';
import { notConnected } from './access-token.ts';
import { shopDomain } from './shop-domain.ts';

export interface StartImport {
  merchantId: string;
  shop: string;
  /** auto: the importer chooses. */
  source?: 'auto' | 'bulk' | 'graphql' | 'rest' | undefined;
  /** delta: only what changed since the last completed import; full when there is none. */
  mode?: 'full' | 'delta' | undefined;
}

/** The clocks of two machines differ, and Shopify's search index lags: a delta looks back a little further. */
const OVERLAP_MS = 5 * 60_000;

/**
 * Writes a pending run with its one slice; the importer picks it up.
 * @throws CoreError invalid_argument; failed_precondition when the shop is not connected; already_exists
 *   naming the import that holds the shop
 */
export async function startImport(
  tx: Tx,
  ctx: CommandContext,
  input: StartImport,
): Promise<{ importId: string }> {
  const { merchantId, source = 'auto' } = input;
  const shop = shopDomain(input.shop);
  if (source === 'bulk' || source === 'rest') {
    throw invalid('source', `${source} is not available yet; leave it out or use graphql`);
  }
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

  const range = since ? `updated_at:>='${new Date(since.getTime() - OVERLAP_MS).toISOString()}'` : '';
  await tx.query(
    'insert into customer_import_slices (import_id, slice, merchant_id, range) values ($1, 0, $2, $3)',
    [run.id, merchantId, range],
  );
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'import.start',
    detail: { import_id: run.id, shop, source, mode },
  });
  return { importId: run.id };
}

/** The condition of the unique index that lets a shop have one active run. */
export const ACTIVE = `status in (${ACTIVE_STATUSES.map((status) => `'${status}'`).join(', ')})`;

/** The error that names the run which holds the shop. */
export async function alreadyRunning(tx: Tx, merchantId: string, shop: string): Promise<Error> {
  const [running] = await tx.query<{ id: string }>(
    `select id from customer_import_logs where merchant_id = $1 and shop = $2 and ${ACTIVE}`,
    [merchantId, shop],
  );
  if (!running) return new RaceLost('the import that held the shop ended meanwhile');
  return new CoreError('already_exists', `shop: import ${running.id} of ${shop} is still running`, {
    field: 'shop',
  });
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
