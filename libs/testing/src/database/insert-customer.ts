import type { Pool } from 'pg';
import type { CustomerId } from '@core/contracts';

/** Inserts a customer without personal data and returns its id. */
export async function insertCustomer(
  pool: Pool,
  merchantId: string,
  values: { metadata?: object } = {},
): Promise<CustomerId> {
  const { rows } = await pool.query<{ id: CustomerId }>(
    'insert into customers (merchant_id, metadata) values ($1, $2) returning id',
    [merchantId, JSON.stringify(values.metadata ?? {})],
  );
  const [row] = rows;
  if (!row) throw new Error('no customer was inserted');
  return row.id;
}
