import type { JsonObject, JsonValue } from '@bufbuild/protobuf';

const LARGEST_METADATA = 64 * 1024;

/** What is wrong with a metadata object, or undefined. */
export function metadataProblem(metadata: JsonObject): string | undefined {
  if (Buffer.byteLength(JSON.stringify(metadata)) > LARGEST_METADATA) return 'must be at most 64 KiB as JSON';
  // PostgreSQL's jsonb refuses both, and its own error would be ours, not the caller's.
  if (!storable(metadata)) return 'must not contain NUL or half of a surrogate pair';
  return undefined;
}

const storable = (value: JsonValue): boolean => {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed();
  if (value === null || typeof value !== 'object') return true;
  if (Array.isArray(value)) return value.every(storable);
  return Object.entries(value).every(([key, inner]) => storable(key) && storable(inner));
};
