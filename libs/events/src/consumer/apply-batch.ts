import { claimEvents, inTransaction, parkEvents, type Pool, type Tx } from '@core/db';
import { headersWithoutPersonalData, withoutPersonalData } from '../personal-data.ts';
import { Unhandleable } from './classify.ts';
import type { Delivery, EventOutcome, TopicHandler } from './topic-handler.ts';

export interface ApplyEvents<C> {
  pool: Pool;
  /** Names the inbox's consumer. */
  groupId: string;
  /** Of one event, for its handler. */
  context: (event: EventContext) => C;
  /** How long an event waits for its customer, seconds. */
  unknownWait: number;
}

export interface EventContext {
  eventId: string;
  headers: Record<string, string>;
  signal: AbortSignal;
}

/**
 * Applies the events of a batch in one transaction, each once in effect: one statement claims their ids in the
 * inbox, and those that were claimed before, or come twice in the batch, are left alone.
 * @returns what became of each, in order: the handler's word, duplicate, or parked
 * @throws what the handler throws; then nothing was done
 */
export const applyBatch = <C>(
  deps: ApplyEvents<C>,
  handler: TopicHandler<C>,
  deliveries: readonly Delivery[],
  signal: AbortSignal,
): Promise<EventOutcome[]> =>
  inTransaction(
    deps.pool,
    async (tx) => {
      const claimed = new Set(
        await claimEvents(
          tx,
          deps.groupId,
          deliveries.map(({ eventId }) => eventId),
        ),
      );
      const fresh = deliveries.filter(({ eventId }) => claimed.delete(eventId));
      const outcomes = await handleAll(tx, deps, handler, fresh, signal);
      const waiting = fresh.filter((_, i) => outcomes[i] === 'unknown');
      await park(tx, deps, handler, waiting);
      const outcomeOf = new Map(fresh.map((delivery, i) => [delivery, outcomes[i]]));
      return deliveries.map((delivery) => {
        const outcome = outcomeOf.get(delivery) ?? 'duplicate';
        return outcome === 'unknown' ? 'parked' : outcome;
      });
    },
    { signal },
  );

/** @returns what became of each, in order */
export async function handleAll<C>(
  tx: Tx,
  { context }: Pick<ApplyEvents<C>, 'context'>,
  handler: TopicHandler<C>,
  deliveries: readonly Delivery[],
  signal: AbortSignal,
): Promise<readonly EventOutcome[]> {
  const all = deliveries.map(({ record, eventId, event }) => ({
    ctx: context({ eventId, headers: record.headers, signal }),
    event,
  }));
  if (handler.handleMany) return handler.handleMany(tx, all);
  for (const { ctx, event } of all) await handler.handle(tx, ctx, event);
  return all.map(() => 'applied');
}

async function park<C>(
  tx: Tx,
  { groupId, unknownWait }: ApplyEvents<C>,
  handler: TopicHandler<C>,
  waiting: readonly Delivery[],
): Promise<void> {
  const events = waiting.map(({ record, eventId, event }) => {
    const body = withoutPersonalData(record.value, handler.keeps);
    // Without a customer's name to wait for, or too large to keep.
    if (!handler.handleMany || !body) throw new Unhandleable('unknown_customer');
    return {
      eventId,
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      headers: headersWithoutPersonalData(record.headers),
      body: body.toString(),
      ...handler.customerOf(event),
    };
  });
  await parkEvents(tx, groupId, events, unknownWait);
}
