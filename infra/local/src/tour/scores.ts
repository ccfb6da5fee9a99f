import { randomUUID } from 'node:crypto';
import { CoreService, eventHeaders, Topic } from '@core/contracts';
import { waitUntil } from '@core/testing';
import { queryDatabase, type TourContext } from './context.ts';
import type { Imported } from './import-customers.ts';

const SCORED = 200;

export interface Scored {
  customerId: string;
  recency: number;
  frequency: number;
  monetary: number;
}

/** Plays RFM Analytics: publishes rfm.updated for some customers and waits until each score is stored. */
export async function publishScores(
  { kafka, merchantId, stack, tell }: TourContext,
  imported: Imported,
): Promise<Scored[]> {
  const sequence = Date.now();
  // Skips customers with a newer score from another user: ours would not be stored.
  const people = await queryDatabase<{ id: string }>(
    stack.env.DEV_DB_URL,
    `select id from customers
      where merchant_id = $1 and erased_at is null and email is not null
        and external_id = any(coalesce($3, array[external_id]))
        and coalesce((rfm_score ->> 'sequence')::numeric, 0) < $4
        and coalesce((rfm_score ->> 'as_of')::timestamptz, '-infinity') < now()
      order by id limit $2`,
    [merchantId, SCORED, imported ?? null, sequence],
  );
  if (people.length === 0) throw new Error('there is nobody to score; start with -- --fresh');
  const scored = people.map(({ id }, n) => ({
    customerId: id,
    recency: 1 + (n % 5),
    frequency: 1 + (Math.floor(n / 5) % 5),
    monetary: 1 + (Math.floor(n / 25) % 5),
  }));
  const asOf = new Date(sequence).toISOString();
  const producer = await kafka.producer();
  await producer.send(
    scored.map(({ customerId, ...score }) => {
      const eventId = randomUUID();
      return {
        topic: Topic.rfmUpdated,
        key: customerId,
        headers: { ...eventHeaders(Topic.rfmUpdated, eventId, asOf) },
        value: JSON.stringify({
          event_id: eventId,
          merchant_id: merchantId,
          customer_id: customerId,
          rfm_score: { ...score, as_of: asOf, sequence },
          occurred_at: asOf,
        }),
      };
    }),
  );
  tell(`published ${scored.length} records to ${Topic.rfmUpdated}, sequence ${sequence}`);
  const stored = async () => {
    const [row] = await queryDatabase<{ stored: string }>(
      stack.env.DEV_DB_URL,
      `select count(*) as stored from customers where merchant_id = $1 and rfm_score ->> 'sequence' = $2`,
      [merchantId, String(sequence)],
    );
    return Number(row?.stored) === scored.length;
  };
  await waitUntil(stored, { what: `all ${scored.length} scores to be stored` });
  tell(`the worker has stored all ${scored.length}`);
  return scored;
}

/** Reads some of the scores by gRPC, which the api takes from the replica. */
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
  tell(`${reads} reads answered by the replica`);
}

async function replicaReads(adminUrl: string): Promise<number> {
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(/^core_reads_total\{[^}]*node="replica"[^}]*\} (\d+)/m.exec(metrics)?.[1] ?? 0);
}
