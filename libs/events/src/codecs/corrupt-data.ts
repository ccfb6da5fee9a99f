/** Bytes that cannot be decoded, or more than we take. The message holds nothing of them. */
export class CorruptData extends Error {
  override name = 'CorruptData';
}
