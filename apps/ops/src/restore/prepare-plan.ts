import { type MerchantKeyStore } from '@core/crypto';
import { findConnectedApps, inTransaction, poolReader, type Pool } from '@core/db';
import { assertSealsBehind, findErasedSince, SealsAhead, type ErasedSince, type Kept } from '@core/domain';
import type { KafkaClient } from '@core/events';
import { OpsError } from '../cli/errors.ts';
import { count, joinWithVerb } from '../cli/print.ts';
import { readPublished, type Published } from './read-published.ts';
import { planRewind, type Rewind } from './rewind.ts';

export interface PreparePlan {
  kept: Kept;
  erased: ErasedSince[];
  published: Published;
  rewinds: Rewind[];
}

/**
 * Plans the steps that a restored database needs.
 * @throws OpsError while an app runs, or when audit rows cannot be sealed
 */
export async function planPrepare(options: {
  pool: Pool;
  keys: MerchantKeyStore;
  kafka: KafkaClient;
  kept: Kept;
  backupAt: string;
  signal: AbortSignal;
}): Promise<PreparePlan> {
  const { pool, keys, kafka, kept, backupAt, signal } = options;
  await assertNoAppConnected(pool);
  await inTransaction(pool, assertSealsBehind).catch((error: Error) => {
    throw error instanceof SealsAhead ? new OpsError(error.message) : error;
  });
  return {
    kept,
    erased: await inTransaction(pool, (tx) => findErasedSince(tx, { keys }, { kept, since: backupAt })),
    published: await readPublished(kafka, new Date(backupAt), signal),
    rewinds: await planRewind(kafka, backupAt),
  };
}

/** @throws OpsError naming the roles of connected apps */
async function assertNoAppConnected(pool: Pool): Promise<void> {
  const roles = await findConnectedApps(poolReader(pool));
  if (roles.length === 0) return;
  throw new OpsError(
    `${joinWithVerb(roles)} connected: stop api, worker and importer first; they ` +
      'would show erased persons, and publish versions that are in use',
  );
}

export function linesOf({ kept, erased, published, rewinds }: PreparePlan): string[] {
  return [
    `kept copies: ${count(kept.requests.length, 'privacy request')}, ${count(kept.tombstones.length, 'tombstone')}; ` +
      'the missing ones are inserted',
    `erased since the backup and restored with it: ${count(erased.length, 'customer')}, to be erased again`,
    `published since the backup: versions of ${count(published.versions.length, 'customer')}, to be raised above them`,
    ...rewinds.map(
      ({ topic, records }) => `${topic}: ${count(Number(records), 'record')} to be consumed again`,
    ),
    ...truncationWarnings(published.truncated),
    ...rewinds
      .filter(({ truncated }) => truncated)
      .map(
        ({ topic }) =>
          `warning: Kafka has deleted records of ${topic} that are younger than the backup; have their producer send them again`,
      ),
  ];
}

export const truncationWarnings = (topics: readonly string[]): string[] =>
  topics.map(
    (topic) =>
      `warning: Kafka has deleted records of ${topic} from that time: versions may repeat, and the consumers of the ` +
      'topic must discard their copies and read every customer again',
  );
