import { INBOUND, workerGroup, type KafkaClient } from '@core/events';
import { OpsError } from '../cli/errors.ts';
import { isCutOff } from './read-published.ts';

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
  cutOff: boolean;
}

/** The offsets from which the consumers must continue so that the restored database gets the lost records. */
export async function planRewind(kafka: KafkaClient, backupAt: string): Promise<Rewind[]> {
  const since = new Date(Date.parse(backupAt) - MARGIN_MS);
  const plans: Rewind[] = [];
  for (const topic of INBOUND) {
    const at = await kafka.offsetsAt(topic, since);
    const group = await kafka.groupOffsets(workerGroup(topic), topic);
    // Never forwards: records that the group has not consumed yet are still to come.
    const offsets = at.map((offset, partition) => {
      const { committed = 0n } = group[partition] ?? {};
      return offset < committed ? offset : committed;
    });
    const records = offsets.reduce(
      (sum, offset, partition) => sum + (group[partition]?.committed ?? offset) - offset,
      0n,
    );
    plans.push({ topic, offsets, records, cutOff: await isCutOff(kafka, topic, new Date(backupAt)) });
  }
  return plans;
}

/** @throws OpsError while a worker runs */
export async function rewind(kafka: KafkaClient, plans: readonly Rewind[]): Promise<void> {
  for (const { topic, offsets } of plans) {
    const group = workerGroup(topic);
    await kafka.setGroupOffsets(group, topic, offsets).catch((error: Error) => {
      throw new OpsError(
        `the offsets of ${group} on ${topic} could not be set: ${error.message}; stop every worker, wait until its ` +
          'session of 9 seconds has ended, and run this again',
      );
    });
  }
}
