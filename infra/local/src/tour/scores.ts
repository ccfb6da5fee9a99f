import { and, asc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { CoreService, Topic } from '@core/contracts';
import { build, customers, int8, statement, text } from '@core/db';
import { rfmUpdatedRecord, waitUntil } from '@core/testing';
import { databaseReader, type TourContext } from './context.ts';
import type { Imported } from './import-customers.ts';
import { EXTERNAL_IDS, isOfShop } from './is-of-shop.ts';

const SCORED = 200;

const { merchantId, id, email, rfmScore, erasedAt } = customers;

/**
 * Skips customers that have a newer score from another user, because the tour's score would not be stored.
 */
const FIND_PEOPLE = statement({
  params: { merchantId, externalIds: EXTERNAL_IDS, sequence: int8 },
  row: { id },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(
        and(
          eq(merchantId, p.merchantId),
          isNull(erasedAt),
          isNotNull(email),
          isOfShop(p.externalIds),
          sql`coalesce((${rfmScore} ->> 'sequence')::numeric, 0) < ${p.sequence}`,
          sql`coalesce((${rfmScore} ->> 'as_of')::timestamptz, '-infinity') < now()`,
        ),
      )
      .orderBy(asc(id))
      .limit(SCORED),
});

const COUNT_STORED = statement({
  params: { merchantId, sequence: text },
  row: { stored: sql<number>`count(*)::int` },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(merchantId, p.merchantId), sql`${rfmScore} ->> 'sequence' = ${p.sequence}`)),
});

export interface Scored {
  customerId: string;
  recency: number;
  frequency: number;
  monetary: number;
}

/** Acts as RFM Analytics: publishes rfm.updated for some customers, and waits until each score is stored. */
export async function publishScores(
  { kafka, merchantId, stack, tell }: TourContext,
  imported: Imported,
): Promise<Scored[]> {
  const sequence = Date.now();
  const database = databaseReader(stack.env.DEV_DB_URL);
  const people = await database.run(FIND_PEOPLE, { merchantId, externalIds: imported, sequence });
  if (people.length === 0) throw new Error('There is no customer to score. Run npm start -- --fresh.');
  const scored = people.map(({ id }, n) => ({
    customerId: id,
    recency: 1 + (n % 5),
    frequency: 1 + (Math.floor(n / 5) % 5),
    monetary: 1 + (Math.floor(n / 25) % 5),
  }));
  const asOf = new Date(sequence).toISOString();
  const producer = await kafka.producer();
  await producer.send(
    scored.map(({ customerId, ...scores }) =>
      rfmUpdatedRecord({ merchantId, customerId, scores, asOf, sequence }),
    ),
  );
  tell(`published ${scored.length} records to ${Topic.rfmUpdated}, sequence ${sequence}`);
  const stored = async () => {
    const [row] = await database.run(COUNT_STORED, { merchantId, sequence: String(sequence) });
    return row?.stored === scored.length;
  };
  await waitUntil(stored, { what: `all ${scored.length} scores to be stored` });
  tell(`the worker has stored all ${scored.length} scores`);
  return scored;
}

/** Reads some of the scores over gRPC. The api must serve them from the replica. */
export async function readScores({ rpc, merchantId, stack, tell }: TourContext, scored: readonly Scored[]) {
  const before = await replicaReads(stack.apps.api.adminUrl);
  const sample = scored.filter((_, n) => n % 77 === 0);
  for (const { customerId, recency, frequency, monetary } of sample) {
    const readScore = async () => {
      const { rfmScore: found } = await rpc.unary(CoreService.method.getCustomerRFM, {
        merchantId,
        customerId,
      });
      return found?.score === `${recency}${frequency}${monetary}` && found;
    };
    const rfmScore = await waitUntil(readScore, { what: 'the score on the replica' });
    tell(
      `GetCustomerRFM ${customerId}: ${rfmScore.score} ${rfmScore.segment}, sequence ${rfmScore.sequence}`,
    );
  }
  const reads = (await replicaReads(stack.apps.api.adminUrl)) - before;
  if (reads < sample.length) throw new Error('the api did not read from the replica');
  tell(`${reads} reads were served by the replica`);
}

async function replicaReads(adminUrl: string): Promise<number> {
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(/^core_reads_total\{[^}]*node="replica"[^}]*\} (\d+)/m.exec(metrics)?.[1] ?? 0);
}
