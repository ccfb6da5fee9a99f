import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { customers, inTransaction, json, limit, statement, type Pool } from '@core/db';
import { applyRfmScores, rotateMerchants, upsertCustomers } from '@core/domain';
import { anImportId, merchantIdOf, withClient } from '@core/testing';
import { sampleCustomers } from '../import/sample-customers.ts';
import { median } from '../stats.ts';
import { keyOf, merchantOf, PAGE } from './fill.ts';
import type { ScalingDatabase } from './open-server.ts';
import { newScore } from './work.ts';

/** Shares of updates that touched no index (HOT updates), 0-1. */
export interface HotShares {
  scores: number;
  reimport: number;
  rotation: number;
}

/** Execution times in the server, in milliseconds. */
export interface ListTimes {
  /**
   * The first 50 customers of a segment of one merchant: by the merchant's index, and by the index of scores.
   */
  merchantByBtree: number;
  merchantByGin: number;
  /** The count of a rare score over all merchants: by the index of scores, and by a sequential scan. */
  everywhereByGin: number;
  everywhereByTable: number;
}

const BATCH = 500;

/** Measures each share with the domain's own command, on a few thousand customers. */
export async function measureHotShares(database: ScalingDatabase, signal: AbortSignal): Promise<HotShares> {
  const { owner, keys, keyring } = database;
  const ctx = () => ({ caller: 'bench', requestId: randomUUID(), keys });
  const merchantId = merchantIdOf(1);
  const page = sampleCustomers(PAGE, 9_000_000_000_000);
  const importOf = (people: typeof page) =>
    inTransaction(owner, (tx) =>
      upsertCustomers(tx, ctx(), { merchantId, importId: anImportId(), customers: people }),
    );
  await importOf(page);
  const changed = page.map((each) => ({ ...each, metadata: { ...each.metadata, state: 'DISABLED' } }));
  return {
    scores: await hotShare(owner, () =>
      inTransaction(owner, (tx) =>
        applyRfmScores(
          tx,
          Array.from({ length: BATCH }, (_, n) => ({
            ctx: ctx(),
            input: { ...keyOf(n), score: newScore() },
          })),
        ),
      ),
    ),
    reimport: await hotShare(owner, () => importOf(changed)),
    rotation: await hotShare(owner, async () => {
      const stop = new AbortController();
      await rotateMerchants({
        pool: owner,
        keyring,
        keys,
        actor: { caller: 'bench', requestId: 'bench' },
        merchantId: merchantOf(2 * PAGE),
        keptMs: 0,
        signal: AbortSignal.any([signal, stop.signal]),
        onProgress: ({ rows }) => rows >= 2 * BATCH && stop.abort(),
      }).catch((error: unknown) => {
        if (!stop.signal.aborted) throw error;
      });
    }),
  };
}

async function hotShare(owner: Pool, work: () => Promise<unknown>): Promise<number> {
  const before = await updatesOf(owner);
  await work();
  const after = await updatesOf(owner);
  return (after.hot - before.hot) / (after.all - before.all);
}

/** Reads the counters of updates. Connections report theirs late, so each is told to flush first. */
async function updatesOf(owner: Pool): Promise<{ all: number; hot: number }> {
  const clients = await Promise.all(Array.from({ length: owner.options.max ?? 1 }, () => owner.connect()));
  try {
    for (const client of clients) await client.query('select pg_stat_force_next_flush()');
    const { rows } = await (clients[0] as (typeof clients)[number]).query<{ all: number; hot: number }>(
      `select n_tup_upd::float8 as all, n_tup_hot_upd::float8 as hot
         from pg_stat_user_tables where relid = '${TABLE}'::regclass`,
    );
    return rows[0] ?? { all: NaN, hot: NaN };
  } finally {
    for (const client of clients) client.release();
  }
}

const TABLE = 'customers';

const BY_BTREE = statement({
  params: { merchantId: customers.merchantId, most: limit },
  row: { id: customers.id },
  text: (p, row) => sql`
    select ${row} from ${customers}
     where ${customers.merchantId} = ${p.merchantId} and ${customers.rfmScore} ->> 'segment' = 'CHAMPIONS'
     order by ${customers.id} limit ${p.most}`,
});
const BY_GIN = statement({
  params: { merchantId: customers.merchantId, score: json, most: limit },
  row: { id: customers.id },
  text: (p, row) => sql`
    select ${row} from ${customers}
     where ${customers.merchantId} = ${p.merchantId} and ${customers.rfmScore} @> ${p.score}
     order by ${customers.id} limit ${p.most}`,
});
const EVERYWHERE = statement({
  params: { score: json },
  row: { found: sql<number>`count(*)::int` },
  text: (p, row) => sql`select ${row} from ${customers} where ${customers.rfmScore} @> ${p.score}`,
});

const TIMES = 9;

/** Measures whether the index of scores is faster for any list. */
export const measureLists = ({ ownerUrl }: ScalingDatabase): Promise<ListTimes> =>
  withClient(ownerUrl, async (client) => {
    const explain = async (text: string, values: unknown[], settings: string) => {
      await client.query(settings);
      const times: number[] = [];
      for (let n = 0; n < TIMES; n++) {
        const { rows } = await client.query<{ 'QUERY PLAN': [{ 'Execution Time': number }] }>(
          `explain (analyze, timing off, buffers off, format json) ${text}`,
          values,
        );
        times.push(rows[0]?.['QUERY PLAN'][0]['Execution Time'] ?? NaN);
      }
      await client.query('reset all');
      return median(times);
    };
    const merchantId = merchantIdOf(2);
    const champions = JSON.stringify({ segment: 'CHAMPIONS' });
    // One of 125 combinations and one of seven segments: one customer in 875.
    const rare = JSON.stringify({ recency: 1, frequency: 1, monetary: 1, segment: 'CHAMPIONS' });
    return {
      merchantByBtree: await explain(BY_BTREE.text, BY_BTREE.valuesOf({ merchantId, most: 50 }), 'select'),
      merchantByGin: await explain(
        BY_GIN.text,
        BY_GIN.valuesOf({ merchantId, score: champions, most: 50 }),
        'set enable_indexscan = off; set enable_seqscan = off',
      ),
      everywhereByGin: await explain(
        EVERYWHERE.text,
        EVERYWHERE.valuesOf({ score: rare }),
        'set enable_seqscan = off',
      ),
      everywhereByTable: await explain(
        EVERYWHERE.text,
        EVERYWHERE.valuesOf({ score: rare }),
        'set enable_bitmapscan = off; set max_parallel_workers_per_gather = 0',
      ),
    };
  });

const DROP_GIN = 'drop index idx_customers_rfm_score';

export const dropIndexOfScores = ({ ownerUrl }: ScalingDatabase): Promise<unknown> =>
  withClient(ownerUrl, (client) => client.query(DROP_GIN));
