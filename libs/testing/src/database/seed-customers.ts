import { Client } from 'pg';
import type { CustomerId, MerchantId } from '@core/contracts';
import { aCustomerId, aMerchantId } from '../ids.ts';

export interface SeedOptions {
  customers: number;
  /** The number of merchants. Customers are assigned to them in turn. */
  merchants: number;
  /** The customers of one additional, big merchant, for operations that are slow with many customers. */
  bigMerchant?: number;
  /** The seed of the scores; the same seed gives the same rows. */
  seed?: number;
}

export interface Seeded {
  merchantIds: MerchantId[];
  bigMerchantId: MerchantId | undefined;
}

const hex = (n: number): string => n.toString(16).padStart(12, '0');

/** Returns the id of the n-th merchant, counted from 1. */
export const merchantIdOf = (n: number): MerchantId => aMerchantId(`00000000-0000-4000-8000-${hex(n)}`);

/** Returns the id of the k-th customer, counted from 0. It belongs to merchant (k mod merchants) + 1. */
export const customerIdOf = (k: number): CustomerId => aCustomerId(`10000000-0000-4000-8000-${hex(k)}`);

/** Each segment with its share of 1,000. The numbers 0-999 are assigned in this order. */
const SEGMENTS = [
  ['CHAMPIONS', 60],
  ['LOYAL', 140],
  ['ACTIVE', 150],
  ['NEW', 100],
  ['PROMISING', 100],
  ['NEEDS_ATTENTION', 100],
  ['AT_RISK', 100],
  ['ALMOST_LOST', 80],
  ['PREVIOUSLY_LOYAL', 70],
  ['DORMANT', 100],
] as const;

/**
 * Fills the table customers with rows whose ids can be computed. Nine in ten have a score, none has an email.
 * A million rows take less than a minute, because the indexes are dropped and the triggers disabled during
 * the insert.
 * @param url of core_owner
 */
export async function seedCustomers(url: string, options: SeedOptions): Promise<Seeded> {
  const { customers, merchants, bigMerchant = 0, seed = 1 } = options;
  const big = merchantIdOf(merchants + 1);
  const client = new Client(url);
  await client.connect();
  try {
    await client.query('begin');
    await client.query('set local synchronous_commit = off');
    const { rows: indexes } = await client.query<{ name: string; definition: string }>(
      `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
         from pg_index i left join pg_constraint c on c.conindid = i.indexrelid
        where i.indrelid = 'customers'::regclass and c.oid is null`,
    );
    for (const { name } of indexes) await client.query(`drop index ${name}`);
    await client.query('alter table customers disable trigger user');
    await client.query(INSERT_SQL, [
      customers + bigMerchant,
      customers,
      merchants,
      big,
      seed,
      segmentOfEach(),
    ]);
    await client.query('alter table customers enable trigger user');
    for (const { definition } of indexes) await client.query(definition);
    await client.query('commit');
    await client.query('vacuum (analyze) customers');
  } finally {
    await client.end();
  }
  return {
    merchantIds: Array.from({ length: merchants }, (_, n) => merchantIdOf(n + 1)),
    bigMerchantId: bigMerchant > 0 ? big : undefined,
  };
}

const segmentOfEach = (): string[] =>
  SEGMENTS.flatMap(([name, share]) => Array.from({ length: share }, () => name));

// hashint4extended returns a pseudo-random 64-bit number, the same on every machine for the same seed.
const INSERT_SQL = `
  insert into customers (id, merchant_id, rfm_score, created_at, updated_at)
  select ('10000000-0000-4000-8000-' || lpad(to_hex(k), 12, '0'))::uuid,
         case when k < $2 then ('00000000-0000-4000-8000-' || lpad(to_hex(k % $3 + 1), 12, '0'))::uuid
              else $4::uuid end,
         case when (h >> 50) & 1023 < 922 then jsonb_build_object(
           'recency', (h & 65535) % 5 + 1, 'frequency', (h >> 16 & 65535) % 5 + 1,
           'monetary', (h >> 32 & 65535) % 5 + 1,
           'score', concat((h & 65535) % 5 + 1, (h >> 16 & 65535) % 5 + 1, (h >> 32 & 65535) % 5 + 1),
           'segment', ($6::text[])[(h >> 20 & 1048575) % 1000 + 1],
           'as_of', '2026-01-02T03:04:05.678Z', 'sequence', (h & 1048575)::text) end,
         at - interval '1 day', at
    from generate_series(0, $1::int - 1) as k,
         lateral (select hashint4extended(k, $5::bigint) as h) as hashed,
         lateral (select timestamptz '2026-09-01T00:00:00Z'
                         + make_interval(secs => (h >> 8 & 67108863) % 7776000) as at) as dated`;
