import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** The size of the head of a batch, before its records. */
const HEAD_BYTES = 61;

/** A batch as it stands in the log of a broker, for changes that keep its length. */
export interface StoredBatch {
  bytes: Buffer;
  /** Its records, compressed as they are. */
  body: Buffer;
}

/**
 * Changes the batch at an offset in the log of a running broker, which hands out what its file holds and looks at
 * nothing of it: as a disk does that loses bits.
 * @param dir the broker's
 */
export function damageBatch(
  dir: string,
  { topic, partition, offset }: { topic: string; partition: number; offset: number },
  change: (batch: StoredBatch) => void,
): void {
  const file = join(dir, 'data', `${topic}-${partition}`, '00000000000000000000.log');
  const log = readFileSync(file);
  for (let at = 0; at < log.length;) {
    const end = at + 12 + log.readInt32BE(at + 8);
    if (log.readBigInt64BE(at) === BigInt(offset)) {
      const bytes = log.subarray(at, end);
      change({ bytes, body: bytes.subarray(HEAD_BYTES) });
      const fd = openSync(file, 'r+');
      writeSync(fd, bytes, 0, bytes.length, at);
      closeSync(fd);
      return;
    }
    at = end;
  }
  throw new Error(`no batch of ${topic}/${partition} begins at ${offset}`);
}
