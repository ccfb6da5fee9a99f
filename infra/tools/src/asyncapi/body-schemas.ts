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
 * Returns the JSON schemas of all messages of events.v1 by short name, in the form of the bodies: snake_case,
 * with additional fields allowed.
 * @param image proto/baseline.binpb: a set of file descriptors with their comments, which generated code does
 *   not have
 * @param required returns the required fields of the message with this full name
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
  throw new Error(
    `${field}: an event must not contain an enum or a map, because adding a value later would break consumers`,
  );
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
      // Like protobuf's JSON mapping, because a JSON number is not exact beyond 2^53.
      return {
        oneOf: [
          { type: 'integer', format: 'int64' },
          { type: 'string', pattern: '^-?\\d{1,19}$' },
        ],
      };
    default:
      throw new Error(`${field}: add the JSON form of its type to body-schemas.ts`);
  }
}

/** Returns the leading comment of a message or field. @param path as in SourceCodeInfo of descriptor.proto */
function described({ proto }: DescFile, path: readonly number[]): JsonSchema {
  const comment = proto.sourceCodeInfo?.location.find(
    (one) => one.path.join() === path.join(),
  )?.leadingComments;
  const lines = (comment ?? '').split('\n').map((line) => line.trim());
  return comment ? { description: lines.filter(Boolean).join(' ') } : {};
}
