import type { Consumer } from 'kafkajs';

/**
 * Commits the position behind records that no handler gets: those of a transaction that was given up, and the marks of
 * transactions. kafkajs goes on behind them, but hands them to nobody who would commit; at the end of a partition the lag
 * would stay above 0 until the next record comes.
 */
export function commitFiltered(consumer: Consumer): void {
  consumer.on(
    consumer.events.END_BATCH_PROCESS,
    ({ payload: { topic, partition, batchSize, lastOffset } }) => {
      if (batchSize > 0) return;
      const offset = String(BigInt(lastOffset) + 1n);
      // A commit that fails, such as in the midst of a rebalance, is made up for by the next one.
      consumer.commitOffsets([{ topic, partition, offset }]).catch(() => undefined);
    },
  );
}
