import { sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { encryptEmail, passphrase } from '@core/crypto';
import {
  customers as table,
  insertSelect,
  int,
  inTransaction,
  merchantKeys,
  runOn,
  statement,
  text,
} from '@core/db';
import { customerIdOf, merchantIdOf, withClient } from '@core/testing';
import { fromNumbered, numbered } from '../numbered-rows.ts';
import type { ScalingDatabase } from './open-server.ts';

export const MERCHANTS = 64;
/** Customers per page of an import. */
export const PAGE = 250;

/**
 * Returns the merchant of the k-th customer. Pages of all merchants alternate, as when their imports run
 * concurrently.
 */
export const merchantOf = (k: number): MerchantId => merchantIdOf((Math.floor(k / PAGE) % MERCHANTS) + 1);

export const keyOf = (k: number) => ({ merchantId: merchantOf(k), customerId: customerIdOf(k) });

// The score has nearly the length that updateRfmScores stores. The metadata is that of sample-customers.ts.
const FILL = statement({
  name: 'fill_customers',
  params: {
    merchantId: table.merchantId,
    generation: merchantKeys.generation,
    passphrase: text,
    from: int,
    to: int,
    firstId: text,
  },
  text(p) {
    const { id } = numbered;
    const part = (of: number) => sql`(k / ${sql.raw(String(of))} % 5 + 1)`;
    const row = {
      id,
      merchantId: p.merchantId,
      externalId: sql`'gid://shopify/Customer/' || (7000000000000 + k)`,
      email: encryptEmail({ ...p, customerId: id, email: sql`'customer-' || k || '@example.com'` }),
      emailHash: sql`sha256(k::text::bytea)`,
      rfmScore: sql`jsonb_build_object(
        'recency', ${part(1)}, 'frequency', ${part(5)}, 'monetary', ${part(25)},
        'score', concat(${part(1)}, ${part(5)}, ${part(25)}),
        'segment', (array['CHAMPIONS', 'LOYAL', 'AT_RISK', 'NEW', 'DORMANT', 'PROMISING', 'ALMOST_LOST'])[k % 7 + 1],
        'as_of', to_char(timestamp '2026-01-02' + k * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'sequence', (1760000000000000000 + k)::text)`,
      metadata: sql`jsonb_build_object(
        'number_of_orders', k % 40, 'amount_spent', jsonb_build_object('amount', k % 4000 || '.50', 'currency', 'EUR'),
        'tags', case when k % 3 = 0 then '["newsletter", "vip"]' else '[]' end::jsonb, 'state', 'ENABLED',
        'created_at', '2026-01-02T03:04:05.678Z')`,
      contentHash: sql`sha256(('content ' || k)::bytea)`,
      sourceUpdatedAt: sql`timestamptz '2026-01-02T03:04:05Z' + k * interval '1 millisecond'`,
    };
    return sql`${insertSelect(table, row)} ${fromNumbered(p)}`;
  },
});

const LANES = 3;

/**
 * Inserts customers page by page into the table with all its indexes, so that the indexes become as full as
 * after an import.
 */
export async function fill(database: ScalingDatabase, customers: number, signal: AbortSignal): Promise<void> {
  const { owner, keys } = database;
  let next = 0;
  const lane = async () => {
    for (let k = next; k < customers; k = next) {
      signal.throwIfAborted();
      next = k + PAGE;
      const merchantId = merchantOf(k);
      await inTransaction(owner, async (tx) => {
        const merchant = await keys.findOrCreate(tx, merchantId);
        await tx.run(FILL, {
          merchantId,
          generation: merchant.generation,
          passphrase: passphrase(merchant),
          from: k,
          to: Math.min(k + PAGE, customers) - 1,
          firstId: customerIdOf(0),
        });
      });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  await vacuum(database);
}

const VACUUM = statement({ text: () => sql`vacuum (analyze) ${table}` });
const COUNT = statement({
  row: { rows: sql<number>`count(*)::int` },
  text: (_, row) => sql`select ${row} from ${table}`,
});

/**
 * Vacuums the table and runs a checkpoint. Without it, dirty buffers of the fill would be written during a
 * measurement.
 */
export async function vacuum({ ownerUrl, adminUrl }: ScalingDatabase): Promise<void> {
  await withClient(ownerUrl, (client) => client.query(VACUUM.text));
  await withClient(adminUrl, (admin) => admin.query('checkpoint'));
}

export const countCustomers = async ({ owner }: ScalingDatabase): Promise<number> =>
  (await runOn(owner, COUNT))[0]?.rows ?? 0;
