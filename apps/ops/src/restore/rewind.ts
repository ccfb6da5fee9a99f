import { INBOUND, workerGroup, type KafkaClient } from '@core/events';
import { pause } from '@core/runtime';
import { OpsError } from '../cli/errors.ts';
import { isTruncated } from './read-published.ts';

/**
 * The clocks of producers, brokers and PostgreSQL differ, and a record may have waited for its retry. Surplus
 * records cost nothing: the restored inbox contains those that were applied before the backup.
 */
const MARGIN_MS = 3_600_000;

export interface Rewind {
  topic: string;
  offsets: bigint[];
  /** The number of records that will be consumed again. */
  records: bigint;
  /** Whether records of that time are deleted. */
  truncated: boolean;
}

/**
 * Computes the offsets from which the consumers must continue so that the restored database gets the lost
 * records.
 */
export async function planRewind(kafka: KafkaClient, backupAt: string): Promise<Rewind[]> {
  const since = new Date(Date.parse(backupAt) - MARGIN_MS);
  const plans: Rewind[] = [];
  for (const topic of INBOUND) {
    const at = await kafka.offsetsAt(topic, since);
    const group = await kafka.groupOffsets(workerGroup(topic), topic);
    // Never moves forwards: the group still has to consume the records after its offset.
    const offsets = at.map((offset, partition) => {
      const { committed = 0n } = group[partition] ?? {};
      return offset < committed ? offset : committed;
    });
    const records = offsets.reduce(
      (sum, offset, partition) => sum + (group[partition]?.committed ?? offset) - offset,
      0n,
    );
    plans.push({ topic, offsets, records, truncated: await isTruncated(kafka, topic, new Date(backupAt)) });
  }
  return plans;
}

/**
 * A member that was killed, or stopped while it joined, counts as running until its session has ended and the
 * group has waited for it: nine seconds each.
 */
const EMPTY_WITHIN_MS = 30_000;
const HAS_MEMBERS = /no running instances/;

/**
 * Sets the offsets once the groups have no members.
 * @param note called when it has to wait
 * @throws OpsError while a worker runs
 */
export async function rewind(
  kafka: KafkaClient,
  plans: readonly Rewind[],
  { note, signal }: { note: (text: string) => void; signal: AbortSignal },
): Promise<void> {
  const until = performance.now() + EMPTY_WITHIN_MS;
  for (const { topic, offsets } of plans) {
    const group = workerGroup(topic);
    for (let waits = false; ; waits = true) {
      const refusal = await kafka.setGroupOffsets(group, topic, offsets).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (refusal === undefined) break;
      if (!HAS_MEMBERS.test(refusal) || performance.now() > until) {
        throw new OpsError(
          `the offsets of ${group} on ${topic} could not be set: ${refusal}; stop every worker, and run this again`,
        );
      }
      if (!waits)
        note(`waiting until the last worker's session in ${group} has ended, at most half a minute`);
      await pause(1_000, signal);
    }
  }
}
