import { eq, isNull, or, sql } from 'drizzle-orm';
import { build, statement, webhookEvents, type Reader, type RowOf } from '@core/db';

const waits = isNull(webhookEvents.outcome);
const wasGivenUp = eq(webhookEvents.outcome, 'failed');

const FIGURES = {
  waiting: sql<number>`(count(*) filter (where ${waits}))::int`,
  failed: sql<number>`(count(*) filter (where ${wasGivenUp}))::int`,
  /** Seconds since the oldest waiting webhook was received. */
  age: sql<number>`coalesce(extract(epoch from now() - min(${webhookEvents.receivedAt}) filter (where ${waits})), 0)::float8`,
};

const READ = statement({
  crosses: 'statistics',
  row: FIGURES,
  text: (_, row) => build.select(row).from(webhookEvents).where(or(waits, wasGivenUp)),
});

export type WebhookFigures = RowOf<typeof FIGURES>;

/** Reads figures over all merchants, for metrics. */
export const readWebhookFigures = async (reader: Reader): Promise<WebhookFigures | undefined> =>
  (await reader.run(READ))[0];
