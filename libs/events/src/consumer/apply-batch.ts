import { claimEvents, inTransaction, deferEvents, type ClaimOutcome, type Pool, type Tx } from '@core/db';
import { keptHeaders } from '../kept-headers.ts';
import { withoutPersonalData } from '../personal-data.ts';
import { Unhandleable } from './classify.ts';
import type { Delivery, EventOutcome, TopicHandler } from './topic-handler.ts';

export interface ApplyEvents<C> {
  pool: Pool;
  /** The name of the consumer in the inbox. */
  groupId: string;
  /** Creates the handler's context for one event. */
  context: (event: EventContext) => C;
  /** How long an event waits for its customer, in seconds. */
  unknownWait: number;
}

export interface EventContext {
  eventId: string;
  headers: Record<string, string>;
  signal: AbortSignal;
}

/**
 * The result for an event whose id was used for another event. It is not applied and becomes a dead letter.
 */
export const ID_REUSED = 'id_reused';

/**
 * Applies the events of a batch in one transaction, each exactly once in effect. The events are claimed in
 * the inbox; events that were claimed before, or occur twice in the batch, are skipped.
 * @returns the outcome of each event, in order: the handler's outcome, duplicate, parked, or ID_REUSED
 * @throws any error of the handler; then nothing was done
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
      const claims = handler.knowsRepetitions
        ? deliveries.map((): ClaimOutcome => 'claimed')
        : await claimEvents(
            tx,
            deps.groupId,
            deliveries.map(({ claim }) => claim),
          );
      const fresh = deliveries.filter((_, i) => claims[i] === 'claimed');
      const outcomes = await handleAll(tx, deps, handler, fresh, signal);
      const waiting = fresh.filter((_, i) => outcomes[i] === 'unknown');
      await defer(tx, deps, handler, waiting);
      const outcomeOf = new Map(fresh.map((delivery, i) => [delivery, outcomes[i]]));
      return deliveries.map((delivery, i) => {
        if (claims[i] === 'reused') return ID_REUSED;
        const outcome = outcomeOf.get(delivery) ?? 'duplicate';
        return outcome === 'unknown' ? 'parked' : outcome;
      });
    },
    { signal },
  );

/** @returns the outcome of each event, in order */
export async function handleAll<C>(
  tx: Tx,
  { context }: Pick<ApplyEvents<C>, 'context'>,
  handler: TopicHandler<C>,
  deliveries: readonly Omit<Delivery, 'claim'>[],
  signal: AbortSignal,
): Promise<readonly EventOutcome[]> {
  const all = deliveries.map(({ record, eventId, event }) => ({
    ctx: context({ eventId, headers: record.headers, signal }),
    event,
  }));
  if (handler.handleMany) return handler.handleMany(tx, all);
  const outcomes: EventOutcome[] = [];
  for (const { ctx, event } of all) outcomes.push((await handler.handle(tx, ctx, event)) ?? 'applied');
  return outcomes;
}

async function defer<C>(
  tx: Tx,
  { groupId, unknownWait }: ApplyEvents<C>,
  handler: TopicHandler<C>,
  waiting: readonly Delivery[],
): Promise<void> {
  const events = waiting.map(({ record, claim, event }) => {
    // Without handleMany there is no customerOf, and so no customer to wait for.
    if (!handler.handleMany) throw new Unhandleable('unknown_customer');
    return {
      claimedAs: claim.key,
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      headers: keptHeaders(record.headers),
      // An id may name a person, too.
      body: String(withoutPersonalData(Buffer.from(handler.encode(event)), handler.keeps)),
      ...handler.customerOf(event),
    };
  });
  await deferEvents(tx, groupId, events, unknownWait);
}
