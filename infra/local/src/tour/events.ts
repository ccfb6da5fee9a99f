import { Topic } from '@core/contracts';
import { isBacklogged } from '@core/events';
import { waitUntil } from '@core/testing';
import { databaseReader, type TourContext } from './context.ts';

/** Waits until the outbox is empty, and prints the end offsets of the topics. */
export async function showEvents({ kafka, stack, tell }: TourContext): Promise<void> {
  const database = databaseReader(stack.env.DEV_DB_URL);
  const drained = async () => !(await isBacklogged(database, 0));
  await waitUntil(drained, { what: 'the outbox to be drained' });
  for (const topic of [Topic.customerCreated, Topic.customerUpdated]) {
    const ends = await kafka.endOffsets(topic);
    tell(`${topic}: ${ends.reduce((sum, end) => sum + end, 0n)} records, end offsets ${ends.join(' ')}`);
  }
}
