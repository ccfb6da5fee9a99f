import type { Consumer } from 'kafkajs';

/**
 * Commits the position after records that no handler gets: records of aborted transactions, and transaction
 * markers. kafkajs advances past them but passes them to no handler that would commit. At the end of a
 * partition, the lag would stay above 0 until the next record arrives.
 */
export function commitSkippedRecords(consumer: Consumer): void {
  consumer.on(
    consumer.events.END_BATCH_PROCESS,
    ({ payload: { topic, partition, batchSize, lastOffset } }) => {
      if (batchSize > 0) return;
      const offset = String(BigInt(lastOffset) + 1n);
      // If this commit fails, for example during a rebalance, the next one makes up for it.
      consumer.commitOffsets([{ topic, partition, offset }]).catch(() => undefined);
    },
  );
}
