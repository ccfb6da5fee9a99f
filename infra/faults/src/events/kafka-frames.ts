/** api_key of the requests that trigger faults. Source: Kafka protocol guide, "The Messages". */
export const KafkaRequest = { produce: 0, offsetCommit: 8 } as const;

/**
 * Splits the bytes of a Kafka client into requests: four bytes of length, then two of api_key.
 * @returns a function that returns the api keys of the requests that start in the given bytes
 */
export function createFrameReader(): (bytes: Buffer) => number[] {
  let rest = Buffer.alloc(0);
  let skip = 0;
  return (bytes) => {
    const keys: number[] = [];
    let at = Math.min(skip, bytes.length);
    skip -= at;
    if (skip > 0) return keys;
    rest = Buffer.concat([rest, bytes.subarray(at)]);
    at = 0;
    while (rest.length - at >= 6) {
      keys.push(rest.readInt16BE(at + 4));
      at += 4 + rest.readInt32BE(at);
    }
    skip = Math.max(0, at - rest.length);
    rest = rest.subarray(Math.min(at, rest.length));
    return keys;
  };
}
