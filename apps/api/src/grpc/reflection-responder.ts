import {
  create,
  toBinary,
  type DescExtension,
  type DescFile,
  type DescMessage,
  type DescService,
} from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { reflectionV1 } from '@core/contracts/grpc';
import { status } from '@grpc/grpc-js';

type MessageRequest = reflectionV1.ServerReflectionRequest['messageRequest'];
type MessageResponse = reflectionV1.ServerReflectionResponse['messageResponse'];

/** Returns a pure function that answers each kind of request from the generated descriptors. */
export function createReflectionResponder(
  services: readonly DescService[],
): (request: MessageRequest) => MessageResponse {
  const files = withDependencies(services.map(({ file }) => file));
  const bySymbol = new Map(files.flatMap((file) => symbolsOf(file).map((symbol) => [symbol, file])));
  const all = files.flatMap((file) => [...nestedTypes(file)]);
  const messages = new Set(all.filter((type) => type.kind === 'message').map(({ typeName }) => typeName));
  const extensions = all.filter((type) => type.kind === 'extension');

  return ({ case: kind, value }) => {
    switch (kind) {
      case 'listServices':
        return {
          case: 'listServicesResponse',
          value: create(reflectionV1.ListServiceResponseSchema, {
            service: services.map(({ typeName: name }) => ({ name })),
          }),
        };
      case 'fileByFilename':
        return fileResponse(files.find(({ proto }) => proto.name === value));
      case 'fileContainingSymbol':
        return fileResponse(bySymbol.get(value));
      case 'fileContainingExtension':
        return fileResponse(
          extensionsOf(extensions, value.containingType).find(
            ({ number }) => number === value.extensionNumber,
          )?.file,
        );
      case 'allExtensionNumbersOfType':
        return messages.has(value)
          ? extensionNumbersResponse(value, extensionsOf(extensions, value))
          : NOT_FOUND;
      default:
        return errorResponse(status.UNIMPLEMENTED, 'not supported');
    }
  };
}

const errorResponse = (errorCode: status, errorMessage: string): MessageResponse => ({
  case: 'errorResponse',
  value: create(reflectionV1.ErrorResponseSchema, { errorCode, errorMessage }),
});
const NOT_FOUND = errorResponse(status.NOT_FOUND, 'not found');

/** Returns the file with all its imports, so that a client need not request each one. */
function fileResponse(file: DescFile | undefined): MessageResponse {
  if (!file) return NOT_FOUND;
  const fileDescriptorProto = withDependencies([file]).map(({ proto }) =>
    toBinary(FileDescriptorProtoSchema, proto),
  );
  return {
    case: 'fileDescriptorResponse',
    value: create(reflectionV1.FileDescriptorResponseSchema, { fileDescriptorProto }),
  };
}

const extensionNumbersResponse = (
  baseTypeName: string,
  extensions: readonly DescExtension[],
): MessageResponse => ({
  case: 'allExtensionNumbersResponse',
  value: create(reflectionV1.ExtensionNumberResponseSchema, {
    baseTypeName,
    extensionNumber: extensions.map(({ number }) => number),
  }),
});

const extensionsOf = (extensions: readonly DescExtension[], message: string): DescExtension[] =>
  extensions.filter(({ extendee }) => extendee.typeName === message);

/** Returns the full name of every declaration in a file. */
const symbolsOf = (file: DescFile): string[] =>
  [...nestedTypes(file)].flatMap((type) => {
    switch (type.kind) {
      case 'message':
        return [type.typeName, ...membersOf(type).map(({ name }) => `${type.typeName}.${name}`)];
      case 'service':
        return [type.typeName, ...type.methods.map(({ name }) => `${type.typeName}.${name}`)];
      case 'enum': {
        // An enum value is named in the scope that contains the enum, not inside the enum.
        const scope = type.typeName.slice(0, -type.name.length);
        return [type.typeName, ...type.values.map(({ name }) => scope + name)];
      }
      default:
        return [type.typeName];
    }
  });

const membersOf = ({ fields, oneofs }: DescMessage) => [...fields, ...oneofs];

const withDependencies = (files: readonly DescFile[]): DescFile[] => [
  ...new Set(files.flatMap((file) => [file, ...withDependencies(file.dependencies)])),
];
