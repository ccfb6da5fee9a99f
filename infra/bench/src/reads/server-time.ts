import { and, eq } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { build, customers, readerOf, statement } from '@core/db';
import { createPageTokens, listCustomers } from '@core/domain';
import { aMerchantId, customerIdOf, merchantIdOf } from '@core/testing';
import { Client } from 'pg';
import { median } from '../stats.ts';

interface Statement {
  text: string;
  values: unknown[];
}

/** Returns the service's own statement for the first page of a segment. */
async function segmentPage(merchantId: MerchantId): Promise<Statement> {
  let seen: Statement | undefined;
  const recorder = readerOf(async (text, values = []) => {
    seen = { text, values };
    return [];
  });
  const tokens = createPageTokens([Buffer.alloc(32)]);
  await listCustomers(
    recorder,
    { pageTokens: tokens },
    { merchantId, segment: 'CHAMPIONS', pageSize: 50, pageToken: '' },
  );
  if (!seen) throw new Error('listCustomers ran no statement');
  return seen;
}

const POINT_READ = statement({
  params: { merchantId: customers.merchantId, id: customers.id },
  row: { score: customers.rfmScore },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(customers.merchantId, p.merchantId), eq(customers.id, p.id))),
});

const pointRead = (): Statement => ({
  text: POINT_READ.text,
  values: POINT_READ.valuesOf({ merchantId: merchantIdOf(8), id: customerIdOf(5_007) }),
});

/**
 * Measures the execution time of both statements in the server, without planning and network.
 * @returns the medians of `times` alternating executions, in milliseconds
 */
export async function serverTimes(
  replicaUrl: string,
  bigMerchantId: string,
  times = 400,
): Promise<{ segmentPage: number; pointRead: number }> {
  const client = new Client(replicaUrl);
  await client.connect();
  try {
    // Row-level security: the page contains customers of the merchant that the session names.
    await client.query(`select set_config('core.merchant_id', $1, false)`, [bigMerchantId]);
    const statements = { segmentPage: await segmentPage(aMerchantId(bigMerchantId)), pointRead: pointRead() };
    const took: Record<keyof typeof statements, number[]> = { segmentPage: [], pointRead: [] };
    for (let n = 0; n < times; n++) {
      for (const name of Object.keys(statements) as (keyof typeof statements)[]) {
        const { text, values } = statements[name];
        const { rows } = await client.query<{ 'QUERY PLAN': [{ 'Execution Time': number }] }>(
          `explain (analyze, timing off, buffers off, format json) ${text}`,
          values,
        );
        took[name].push(rows[0]?.['QUERY PLAN'][0]['Execution Time'] ?? NaN);
      }
    }
    return { segmentPage: median(took.segmentPage), pointRead: median(took.pointRead) };
  } finally {
    await client.end();
  }
}
