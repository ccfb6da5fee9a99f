import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** The size of a batch header, which precedes the records. */
const HEAD_BYTES = 61;

/** A batch as stored in a broker's log. A change must keep its length. */
export interface StoredBatch {
  bytes: Buffer;
  /** The records, still compressed. */
  body: Buffer;
}

/**
 * Changes the batch at an offset in the log of a running broker, to simulate disk corruption. The broker
 * serves the bytes of its file without checking them.
 * @param dir the broker's folder
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
  throw new Error(`no batch of ${topic}/${partition} starts at offset ${offset}`);
}
