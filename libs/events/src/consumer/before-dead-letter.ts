import { inTransaction } from '@core/db';
import { backoff, pause } from '@core/runtime';
import type { ApplyEvents } from './apply-batch.ts';
import { classify, faultOf, formatFault } from './classify.ts';
import type { HandleRecords } from './handle-records.ts';
import type { Delivery, TopicHandler } from './topic-handler.ts';

type Deps<C> = Pick<ApplyEvents<C>, 'pool' | 'context'> & Pick<HandleRecords<C>, 'log'>;

/**
 * Lets the handler record an event before it becomes a dead letter. This uses a separate transaction, because
 * the event's own was rolled back. It retries during an outage. An event that cannot be recorded for another
 * reason still becomes a dead letter, so that it does not block its partition.
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
  const rejected = {
    position: `${topic}/${partition}/${offset}`,
    error,
    problem: formatFault(faultOf(error)),
  };
  for (let attempts = 0; ; attempts++) {
    try {
      return await inTransaction(
        pool,
        async (tx) => void (await handler.beforeDeadLetter?.(tx, ctx, event, rejected)),
        {
          signal,
        },
      );
    } catch (err) {
      signal.throwIfAborted();
      if (classify(err).kind !== 'transient') {
        return log.error(
          { ...where, err },
          'could not record an event before its dead letter; the dead letter is sent anyway',
        );
      }
      log.warn({ ...where, err }, 'could not record an event before its dead letter; retrying');
      await pause(backoff(attempts), signal);
    }
  }
}
