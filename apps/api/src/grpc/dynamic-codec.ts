import {
  createFileRegistry,
  fromBinary,
  fromJson,
  toBinary,
  type DescMessage,
  type FileRegistry,
  type JsonObject,
  type Message,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

/** The types of a small public .proto that is written here as its descriptor, in JSON. */
export function typesOf(file: JsonObject): (name: string) => DescMessage {
  const descriptor = fromJson(FileDescriptorProtoSchema, file);
  const registry: FileRegistry = createFileRegistry(descriptor, () => undefined);
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
