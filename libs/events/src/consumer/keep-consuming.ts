import { untilReady, type Logger } from '@core/runtime';
import type { ConsumeOptions, EventConsumer, KafkaClient } from '../kafka-client.ts';

/**
 * Consumes as soon as possible. While a topic is missing or no broker is reachable, it waits and reports this
 * in the log.
 * @param before work that must be done before the first join
 */
export function keepConsuming(
  client: Pick<KafkaClient, 'consume'>,
  work: ConsumeOptions,
  { log: parent, before }: { log: Logger; before: () => Promise<void> },
): EventConsumer {
  const { groupId: group, topics } = work;
  const log = parent.child({ group, topics });
  const closing = new AbortController();
  let consumer: EventConsumer | undefined;
  const join = async (): Promise<EventConsumer> => {
    await before();
    return client.consume(work);
  };
  const joining = untilReady(join, {
    what: `the topic ${topics.join(', ')}`,
    signal: closing.signal,
    log,
  });
  joining.then(
    (joined) => {
      consumer = joined;
      if (closing.signal.aborted) joined.close().catch(() => undefined);
    },
    (err: unknown) => {
      if (!closing.signal.aborted) log.error({ err }, 'cannot consume, and does not retry before a restart');
    },
  );
  return {
    joined: () => consumer?.joined() ?? false,
    close: async () => {
      closing.abort(new Error('closing'));
      await consumer?.close();
    },
  };
}
