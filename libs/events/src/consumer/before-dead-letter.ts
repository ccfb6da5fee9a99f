import { inTransaction } from '@core/db';
import { backoff, pause } from '@core/runtime';
import type { ApplyEvents } from './apply-batch.ts';
import { classify, faultOf, inWords } from './classify.ts';
import type { HandleRecords } from './handle-records.ts';
import type { Delivery, TopicHandler } from './topic-handler.ts';

type Deps<C> = Pick<ApplyEvents<C>, 'pool' | 'context'> & Pick<HandleRecords<C>, 'log'>;

/**
 * Lets the handler note an event that is given up, in a transaction of its own, as the event's has been rolled back.
 * An outage is waited out. An event that cannot be noted for another reason becomes a dead letter all the same: it must
 * not hold up its partition.
 * @throws when the signal aborts: the record must then come again
 */
export async function beforeDeadLetter<C>(
  { pool, context, log }: Deps<C>,
  handler: TopicHandler<C>,
  { record, eventId, event }: Omit<Delivery, 'claim'>,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  if (!handler.beforeDeadLetter) return;
  const ctx = context({ eventId, headers: record.headers, signal });
  const { topic, partition, offset } = record;
  const where = { topic, partition, offset: String(offset) };
  const givenUp = { position: `${topic}/${partition}/${offset}`, error, problem: inWords(faultOf(error)) };
  for (let attempts = 0; ; attempts++) {
    try {
      return await inTransaction(
        pool,
        async (tx) => void (await handler.beforeDeadLetter?.(tx, ctx, event, givenUp)),
        {
          signal,
        },
      );
    } catch (err) {
      signal.throwIfAborted();
      if (classify(err).kind !== 'transient') {
        return log.error({ ...where, err }, 'a record that is given up could not be noted');
      }
      log.warn({ ...where, err }, 'could not note a record that is given up; trying again');
      await pause(backoff(attempts), signal);
    }
  }
}
