import { Topic } from '@core/contracts';
import { waitUntil } from '@core/testing';
import { queryDatabase, type TourContext } from './context.ts';

/** Waits until the outbox is empty and tells where the topics stand. */
export async function showEvents({ kafka, stack, tell }: TourContext): Promise<void> {
  const drained = async () => {
    const [row] = await queryDatabase<{ waiting: string }>(
      stack.env.DEV_DB_URL,
      'select count(*) as waiting from outbox_events',
    );
    return row?.waiting === '0';
  };
  await waitUntil(drained, { what: 'the outbox to be drained' });
  for (const topic of [Topic.customerCreated, Topic.customerUpdated]) {
    const ends = await kafka.endOffsets(topic);
    tell(`${topic}: ${ends.reduce((sum, end) => sum + end, 0n)} records, end offsets ${ends.join(' ')}`);
  }
}
