/** Bytes that cannot be decoded, or that exceed a limit. The message contains none of them. */
export class CorruptData extends Error {
  override name = 'CorruptData';
}
