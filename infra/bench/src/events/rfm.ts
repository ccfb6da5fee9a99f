import { createHash, randomInt, randomUUID } from 'node:crypto';
import { claimEvents, inTransaction } from '@core/db';
import { applyRfmScores, type ScoreToApply } from '@core/domain';
import { customerIdOf, merchantIdOf } from '@core/testing';
import { CUSTOMERS, MERCHANTS, type EventStack } from './open-stack.ts';

/** Concurrent transactions: as many as the partitions that a worker processes in parallel. */
const CONSUMERS = 4;

let sequence = 0n;

/**
 * Applies scores as the worker does: claims them in the inbox and stores each with its event and audit row,
 * `batch` of them per transaction. Kafka is left out, because it would cost the same for both batch sizes.
 */
export async function applyScores(
  { pool, keys }: EventStack,
  { scores, batch }: { scores: number; batch: number },
  begin: () => void,
): Promise<{ operations: number; seconds: number }> {
  const newScore = (): ScoreToApply => {
    const k = randomInt(CUSTOMERS);
    const part = () => randomInt(1, 6);
    return {
      ctx: { caller: 'bench', requestId: randomUUID(), keys },
      input: {
        merchantId: merchantIdOf((k % MERCHANTS) + 1),
        customerId: customerIdOf(k),
        score: {
          recency: part(),
          frequency: part(),
          monetary: part(),
          segment: 'LOYAL',
          asOf: new Date().toISOString(),
          sequence: BigInt(Date.now()) * 1_000_000n + ++sequence,
        },
      },
    };
  };
  let left = scores / batch;
  const consume = async () => {
    while (left-- > 0) {
      const some = Array.from({ length: batch }, newScore);
      await inTransaction(pool, async (tx) => {
        await claimEvents(
          tx,
          'bench',
          some.map(({ ctx: { requestId }, input }) => ({
            key: JSON.stringify(['rfm.updated', 'bench', requestId, input.merchantId]),
            digest: createHash('sha256').update(requestId).digest(),
            bareId: requestId,
          })),
        );
        await applyRfmScores(tx, some);
      });
    }
  };
  begin();
  const from = performance.now();
  await Promise.all(Array.from({ length: CONSUMERS }, consume));
  return { operations: scores, seconds: (performance.now() - from) / 1_000 };
}
