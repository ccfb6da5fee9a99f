import type { Pool } from 'pg';

/** Inserts a bare customer and returns its id. */
export async function insertCustomer(
  pool: Pool,
  merchantId: string,
  values: { metadata?: object } = {},
): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    'insert into customers (merchant_id, metadata) values ($1, $2) returning id',
    [merchantId, JSON.stringify(values.metadata ?? {})],
  );
  const [row] = rows;
  if (!row) throw new Error('no customer was inserted');
  return row.id;
}
