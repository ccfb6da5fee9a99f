import { CorruptData } from '../../codecs/corrupt-data.ts';

/** Reads one value after another. Every method throws CorruptData rather than read beyond the end. */
export interface Cursor {
  int8(): number;
  int16(): number;
  int32(): number;
  int64(): bigint;
  /** Reads a 32-bit zigzag number. */
  varint(): number;
  /** Reads a 64-bit zigzag number. */
  varlong(): bigint;
  bytes(length: number): Buffer;
  position(): number;
  atEnd(): boolean;
}

export function createCursor(from: Buffer): Cursor {
  let at = 0;
  /** @returns the position of the next `length` bytes */
  const take = (length: number): number => {
    const begin = at;
    if (length < 0 || begin + length > from.length) throw new CorruptData('the data ends too early');
    at = begin + length;
    return begin;
  };
  const byte = (): number => from.readUInt8(take(1));
  return {
    int8: byte,
    int16: () => from.readInt16BE(take(2)),
    int32: () => from.readInt32BE(take(4)),
    int64: () => from.readBigInt64BE(take(8)),
    varint: () => {
      let value = 0;
      for (let shift = 0; shift < 35; shift += 7) {
        const next = byte();
        value |= (next & 0x7f) << shift;
        if (next < 0x80) return (value >>> 1) ^ -(value & 1);
      }
      throw new CorruptData('a number is too long');
    },
    varlong: () => {
      let value = 0n;
      for (let shift = 0n; shift < 70n; shift += 7n) {
        const next = byte();
        value |= BigInt(next & 0x7f) << shift;
        if (next < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
      }
      throw new CorruptData('a number is too long');
    },
    bytes: (length) => {
      const begin = take(length);
      return from.subarray(begin, begin + length);
    },
    position: () => at,
    atEnd: () => at === from.length,
  };
}
