import { fromBinary, toBinary, type DescMessage, type DescService, type Message } from '@bufbuild/protobuf';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';

/**
 * Converts a generated service to the form that grpc-js adds, with messages in place of bytes. The packages
 * grpc-health-check and @grpc/reflection read their .proto files from their own folders when they are loaded,
 * and a bundle has no such folders.
 */
export const serviceDefinition = ({ typeName, methods }: DescService): ServiceDefinition =>
  Object.fromEntries(
    methods.map(({ name, localName, methodKind, input, output }) => [
      localName,
      {
        path: `/${typeName}/${name}`,
        requestStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
        responseStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
        ...codec('request', input),
        ...codec('response', output),
      } as MethodDefinition<Message, Message>,
    ]),
  );

const codec = (side: 'request' | 'response', message: DescMessage) => ({
  [`${side}Serialize`]: (value: Message) => Buffer.from(toBinary(message, value)),
  [`${side}Deserialize`]: (bytes: Buffer) => fromBinary(message, bytes),
});
