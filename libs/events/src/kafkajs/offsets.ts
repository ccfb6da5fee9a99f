import type { Admin } from 'kafkajs';
import { pause } from '@core/runtime';

/** A new partition, or one whose leader has just moved, has a leader again within this time. */
const LED_WITHIN_MS = 60_000;

/** Returns the first kept offset and the offset that the next record gets, by partition. */
export async function offsetsOf(admin: Admin, topic: string): Promise<{ low: bigint; high: bigint }[]> {
  for (const end = Date.now() + LED_WITHIN_MS; ;) {
    try {
      const offsets = await admin.fetchTopicOffsets(topic);
      return offsets
        .sort((a, b) => a.partition - b.partition)
        .map(({ low, high }) => ({ low: BigInt(low), high: BigInt(high) }));
    } catch (error) {
      const moved = (error as { type?: string }).type === 'NOT_LEADER_FOR_PARTITION';
      if (!moved || Date.now() > end) throw error;
      await pause(100);
      await admin.fetchTopicMetadata({ topics: [topic] }); // refreshes the leaders
    }
  }
}
