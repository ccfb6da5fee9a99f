import {
  create,
  createRegistry,
  toBinary,
  type DescFile,
  type DescService,
  type Message,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import * as grpc from '@grpc/grpc-js';
import { codec } from './dynamic-codec.ts';
import { REFLECTION } from './reflection-descriptor.ts';

type Request = Message & { host: string; messageRequest: { case?: string; value?: string } };
type Answer = { case: string; value: object };

/**
 * Server reflection, v1 and v1alpha (the same bytes under two names), from the generated descriptors. Own
 * code rather than @grpc/reflection: that one reads its .proto from its own folder, and a bundle has none.
 */
export function addReflection(server: grpc.Server, services: readonly DescService[]): void {
  const answer = answers(services);
  const info = (call: grpc.ServerDuplexStream<Request, Message>) => {
    call.on('data', (request: Request) => {
      const response = {
        validHost: request.host,
        originalRequest: request,
        messageResponse: answer(request.messageRequest),
      };
      // An answer is a thousand times as large as its question: a client that does not read gets no further
      // answers.
      if (call.write(create(REFLECTION.response, response))) return;
      call.pause();
      call.once('drain', () => call.resume());
    });
    call.on('end', () => call.end());
  };
  for (const version of ['v1', 'v1alpha']) {
    const definition = {
      path: `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      requestStream: true,
      responseStream: true,
      ...codec(REFLECTION.request, REFLECTION.response),
    };
    server.addService(
      { info: definition } as grpc.ServiceDefinition,
      { info } as grpc.UntypedServiceImplementation,
    );
  }
}

/** What is said to each kind of question; pure. */
export function answers(services: readonly DescService[]) {
  const files = withDependencies(services.map(({ file }) => file));
  const registry = createRegistry(...files);
  const file = (found: DescFile | undefined): Answer =>
    found
      ? {
          case: 'fileDescriptorResponse',
          // With all it imports, so that a client need not ask for each.
          value: {
            fileDescriptorProto: withDependencies([found]).map(({ proto }) =>
              toBinary(FileDescriptorProtoSchema, proto),
            ),
          },
        }
      : { case: 'errorResponse', value: { errorCode: grpc.status.NOT_FOUND, errorMessage: 'not found' } };

  return ({ case: kind, value = '' }: Request['messageRequest']): Answer => {
    switch (kind) {
      case 'listServices':
        return {
          case: 'listServicesResponse',
          value: { service: services.map(({ typeName }) => ({ name: typeName })) },
        };
      case 'fileByFilename':
        return file(files.find(({ proto }) => proto.name === value));
      case 'fileContainingSymbol':
        return file((registry.get(value) ?? registry.get(parentOf(value)))?.file);
      default:
        return {
          case: 'errorResponse',
          value: { errorCode: grpc.status.UNIMPLEMENTED, errorMessage: 'not supported' },
        };
    }
  };
}

/** A method or a field is asked for by its parent's name and its own. */
const parentOf = (symbol: string): string => symbol.slice(0, Math.max(0, symbol.lastIndexOf('.')));

const withDependencies = (files: readonly DescFile[]): DescFile[] => [
  ...new Set(files.flatMap((file) => [file, ...withDependencies(file.dependencies)])),
];
