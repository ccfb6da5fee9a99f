import {
  createFileRegistry,
  fromBinary,
  ScalarType,
  type DescField,
  type DescFile,
  type DescMessage,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { FIELD_HINTS, NESTED_REQUIRED } from './events.ts';

export type JsonSchema = Record<string, unknown>;

const EVENTS_PACKAGE = 'events.v1';

/**
 * JSON schemas of every message of events.v1 by its short name, as the bodies are written: snake_case, and
 * open to further fields.
 * @param image proto/baseline.binpb: a set of file descriptors with their comments, which generated code has lost.
 * @param required fields of a message of this full name that must be there
 */
export function bodySchemas(
  image: Uint8Array,
  required: (message: string) => readonly string[],
): Record<string, JsonSchema> {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  const files = [...registry.files].filter(({ proto }) => proto.package === EVENTS_PACKAGE);
  return Object.fromEntries(
    files
      .flatMap(({ messages }) => messages)
      .map((message) => [
        message.name,
        messageSchema(message, NESTED_REQUIRED[message.typeName] ?? required(message.typeName)),
      ]),
  );
}

function messageSchema(message: DescMessage, required: readonly string[]): JsonSchema {
  const unknown = required.filter((name) => !message.fields.some((field) => field.name === name));
  if (unknown.length > 0) throw new Error(`${message.typeName} has no field ${unknown.join(', ')}`);
  const at = message.file.messages.indexOf(message);
  const fields = message.fields.map((field, n) => [
    field.name,
    { ...fieldSchema(field), ...FIELD_HINTS[field.name], ...described(message.file, [4, at, 2, n]) },
  ]);
  return {
    type: 'object',
    ...described(message.file, [4, at]),
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries(fields) as JsonSchema,
    additionalProperties: true,
  };
}

function fieldSchema(field: DescField): JsonSchema {
  if (field.fieldKind === 'scalar') return scalarSchema(field.scalar, field);
  if (field.fieldKind === 'message') return nestedSchema(field.message);
  if (field.fieldKind === 'list') {
    if (field.listKind === 'scalar') return { type: 'array', items: scalarSchema(field.scalar, field) };
    if (field.listKind === 'message') return { type: 'array', items: nestedSchema(field.message) };
  }
  throw new Error(`${field}: an enum or a map has no place in an event: its values could not be added to`);
}

const nestedSchema = ({ typeName, name }: DescMessage): JsonSchema =>
  typeName === 'google.protobuf.Timestamp'
    ? { type: 'string', format: 'date-time' }
    : { $ref: `#/components/schemas/${name}` };

function scalarSchema(scalar: ScalarType, field: DescField): JsonSchema {
  switch (scalar) {
    case ScalarType.STRING:
      return { type: 'string' };
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.INT32:
      return { type: 'integer', format: 'int32' };
    case ScalarType.INT64:
      // As protobuf's JSON: beyond 2^53 a number is not exact any more.
      return {
        oneOf: [
          { type: 'integer', format: 'int64' },
          { type: 'string', pattern: '^-?\\d{1,19}$' },
        ],
      };
    default:
      throw new Error(`${field}: say in body-schemas.ts how its type looks as JSON`);
  }
}

/** The comment in front of a message or field. @param path of descriptor.proto's SourceCodeInfo */
function described({ proto }: DescFile, path: readonly number[]): JsonSchema {
  const comment = proto.sourceCodeInfo?.location.find(
    (one) => one.path.join() === path.join(),
  )?.leadingComments;
  const lines = (comment ?? '').split('\n').map((line) => line.trim());
  return comment ? { description: lines.filter(Boolean).join(' ') } : {};
}
