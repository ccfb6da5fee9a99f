import {
  fromBinary,
  fromJsonString,
  ScalarType,
  type DescField,
  type DescMessage,
  type Message,
} from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  isUtf8Text,
  LARGEST_METADATA,
  METADATA_PROBLEMS,
  plainNames,
  type MetadataProblem,
} from '@core/contracts';
import { checkFields } from './check-fields.ts';

/**
 * Maximum members, elements and fields of one request. Decoding takes up to 1 us for each and blocks the
 * event loop. The largest useful request is a batch of 1,000 ids.
 */
export const MAX_VALUES = 4_096;

/**
 * The same maximum for a request with metadata: no storable metadata has more values. In JSON each value
 * takes at least one byte. On the wire a list element is two fields and has two bytes as JSON; a member is
 * four fields and has five bytes. Decoding this many takes 20 ms: the cost of one rule for all entry points.
 */
const MAX_VALUES_WITH_METADATA = LARGEST_METADATA + MAX_VALUES;

/**
 * Maximum depth. A metadata level takes one level as JSON and three in binary, so all metadata that may be
 * stored fits. A deeper request would exhaust the stack.
 */
const MAX_DEPTH = 100;

const refused = (why: string) => new ConnectError(`the request ${why}`, Code.InvalidArgument);

/**
 * Only metadata can grow and nest without limit. Metadata that exceeds these limits also exceeds the limits
 * of storage.
 */
const refusedFor = (desc: DescMessage, problem: MetadataProblem, why: string): ConnectError => {
  const metadata = metadataOf(desc);
  return metadata
    ? new ConnectError(`${metadata.name}: ${METADATA_PROBLEMS[problem]}`, Code.InvalidArgument)
    : refused(why);
};
const tooMany = (desc: DescMessage) => refusedFor(desc, 'too_large', `has more than ${MAX_VALUES} values`);
const tooDeep = (desc: DescMessage) =>
  refusedFor(desc, 'too_deep', `is nested more than ${MAX_DEPTH} messages deep`);

const metadataOf = ({ fields }: DescMessage): DescField | undefined =>
  fields.find(({ message }) => message?.typeName === 'google.protobuf.Struct');

/**
 * Decodes the message from JSON or binary. Its values are counted first, in a pass that allocates nothing.
 * @throws ConnectError invalid_argument that quotes no value: it may be personal data, and callers log
 *   messages
 */
export function decodeRequest(desc: DescMessage, json: boolean, bytes: Uint8Array): Message {
  const most = metadataOf(desc) ? MAX_VALUES_WITH_METADATA : MAX_VALUES;
  // A value takes at least a byte: small requests skip the pass.
  if (bytes.length > most && (json ? countJson(bytes, most) : countBinary(desc, bytes, most)) > most) {
    throw tooMany(desc);
  }
  try {
    return json ? fromJsonText(desc, textOf(bytes)) : fromBinary(desc, bytes, { recursionLimit: MAX_DEPTH });
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    const { message } = error as Error;
    if (/recursion|call stack/.test(message)) throw tooDeep(desc);
    // For a JSON message the error names the field and then quotes its value.
    const [where] = /^cannot decode (?:field|message) [\w.]+ from JSON/.exec(message) ?? [];
    throw json && where
      ? new ConnectError(where, Code.InvalidArgument)
      : refused(`is not a ${desc.typeName}`);
  }
}

/** Field names need no escape; only names in metadata do. */
function fromJsonText(desc: DescMessage, text: string): Message {
  const { json, restore } = plainNames(text);
  // Parses the text a second time: fromJson, which accepts a parsed value, cannot refuse a name that is given
  // twice.
  checkFields(desc, json);
  const message = fromJsonString(desc, json, { ignoreUnknownFields: true, recursionLimit: MAX_DEPTH });
  const metadata = metadataOf(desc);
  if (!metadata) return message;
  const values = message as unknown as Record<string, unknown>;
  return Object.assign(message, { [metadata.localName]: restore(values[metadata.localName]) });
}

const UTF8 = new TextDecoder();

/**
 * Refuses invalid UTF-8, as the binary decoder does: U+FFFD in place of invalid bytes would be stored without
 * notice.
 */
function textOf(bytes: Uint8Array): string {
  if (!isUtf8Text(bytes)) throw refused('is not UTF-8');
  return UTF8.decode(bytes);
}

const [QUOTE, BACKSLASH, COMMA, OPEN_BRACE, OPEN_BRACKET] = ['"', '\\', ',', '{', '['].map((c) =>
  c.charCodeAt(0),
) as [number, number, number, number, number];

/**
 * Returns an upper bound of the number of values: each except the first in a list or an object follows a
 * comma.
 */
function countJson(bytes: Uint8Array, most: number): number {
  let count = 1;
  for (let at = 0; at < bytes.length && count <= most; at++) {
    const byte = bytes[at];
    if (byte === COMMA || byte === OPEN_BRACE || byte === OPEN_BRACKET) count++;
    else if (byte === QUOTE) at = endOfString(bytes, at);
  }
  return count;
}

/** Returns the end of the string that starts at `from`; the end of the bytes for an unterminated string. */
function endOfString(bytes: Uint8Array, from: number): number {
  for (let end = bytes.indexOf(QUOTE, from + 1); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (bytes[end - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return bytes.length;
}

/**
 * Counts the fields on the wire, including those of nested messages. Malformed bytes end the count: decoding
 * reports the error.
 */
function countBinary(desc: DescMessage, bytes: Uint8Array, most: number): number {
  let count = 0;
  const walk = (of: NestedFields, reader: BinaryReader, end: number, depth: number): void => {
    while (reader.pos < end) {
      if (++count > most) return;
      const [number, wireType] = reader.tag();
      const nested = wireType === WireType.LengthDelimited ? of.nested(number) : undefined;
      if (!nested) {
        reader.skip(wireType, number);
        continue;
      }
      const length = reader.uint32();
      if (nested === PACKED) {
        // Each packed number takes at least one byte.
        count += length;
        reader.pos += length;
      } else if (depth >= MAX_DEPTH) throw tooDeep(desc);
      else walk(nested, reader, reader.pos + length, depth + 1);
    }
  };
  try {
    walk(fieldsOf(desc), new BinaryReader(bytes), bytes.length, 1);
  } catch (error) {
    if (error instanceof ConnectError) throw error;
  }
  return count;
}

const PACKED = 'packed';

interface NestedFields {
  /**
   * Returns the content of a field: a message, or packed numbers; undefined for a string, bytes or an unknown
   * field.
   */
  nested(number: number): NestedFields | typeof PACKED | undefined;
}

const cache = new Map<DescMessage, NestedFields>();

function fieldsOf(desc: DescMessage): NestedFields {
  const cached = cache.get(desc);
  if (cached) return cached;
  const byNumber = new Map(desc.fields.map((field) => [field.number, field]));
  const fields: NestedFields = { nested: (number) => contentOf(byNumber.get(number)) };
  cache.set(desc, fields);
  return fields;
}

function contentOf(field: DescField | undefined): NestedFields | typeof PACKED | undefined {
  if (field?.fieldKind === 'message') return fieldsOf(field.message);
  if (field?.fieldKind === 'list') {
    if (field.listKind === 'message') return fieldsOf(field.message);
    return field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES ? undefined : PACKED;
  }
  if (field?.fieldKind !== 'map') return undefined;
  // On the wire a map is a list of messages with a key and a value.
  const value = field.mapKind === 'message' ? fieldsOf(field.message) : undefined;
  return { nested: (number) => (number === 2 ? value : undefined) };
}
