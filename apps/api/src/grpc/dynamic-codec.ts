import {
  createFileRegistry,
  fromBinary,
  fromJson,
  toBinary,
  type DescFile,
  type DescMessage,
  type FileRegistry,
  type JsonObject,
  type Message,
} from '@bufbuild/protobuf';
import { protoCamelCase } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

/** The types of a small public .proto that is written here as its descriptor, in JSON, with the files it imports. */
export function typesOf(file: JsonObject, imports: readonly DescFile[] = []): (name: string) => DescMessage {
  const descriptor = fromJson(FileDescriptorProtoSchema, file);
  // protoc adds the names in JSON; without them each field has the empty name.
  for (const { field } of descriptor.messageType) {
    for (const each of field) each.jsonName ||= protoCamelCase(each.name);
  }
  const registry: FileRegistry = createFileRegistry(descriptor, (path) =>
    imports.find(({ proto }) => proto.name === path),
  );
  return (name) => {
    const message = registry.getMessage(`${descriptor.package}.${name}`);
    if (!message) throw new Error(`no message ${name} in ${descriptor.name}`);
    return message;
  };
}

/** The four functions by which grpc-js reads and writes a method. */
export const codec = (request: DescMessage, response: DescMessage) => ({
  requestSerialize: (message: Message) => Buffer.from(toBinary(request, message)),
  requestDeserialize: (bytes: Buffer) => fromBinary(request, bytes),
  responseSerialize: (message: Message) => Buffer.from(toBinary(response, message)),
  responseDeserialize: (bytes: Buffer) => fromBinary(response, bytes),
});
