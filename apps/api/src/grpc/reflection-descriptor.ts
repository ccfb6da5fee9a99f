import type { JsonObject } from '@bufbuild/protobuf';
import { typesOf } from './dynamic-codec.ts';

const field = (name: string, number: number, type: string, more: JsonObject = {}): JsonObject => ({
  name,
  number,
  type: `TYPE_${type}`,
  label: 'LABEL_OPTIONAL',
  ...more,
});
const one = { oneofIndex: 0 };
const many = { label: 'LABEL_REPEATED' };
const message = (name: string) => ({ typeName: `.grpc.reflection.v1.${name}` });

// https://github.com/grpc/grpc-proto/blob/master/grpc/reflection/v1/reflection.proto, without extensions:
// proto3 has none but those of options, and ours has no options.
const type = typesOf({
  name: 'grpc/reflection/v1/reflection.proto',
  package: 'grpc.reflection.v1',
  syntax: 'proto3',
  messageType: [
    {
      name: 'ServerReflectionRequest',
      field: [
        field('host', 1, 'STRING'),
        field('file_by_filename', 3, 'STRING', one),
        field('file_containing_symbol', 4, 'STRING', one),
        field('list_services', 7, 'STRING', one),
      ],
      oneofDecl: [{ name: 'message_request' }],
    },
    {
      name: 'ServerReflectionResponse',
      field: [
        field('valid_host', 1, 'STRING'),
        field('original_request', 2, 'MESSAGE', message('ServerReflectionRequest')),
        field('file_descriptor_response', 4, 'MESSAGE', { ...one, ...message('FileDescriptorResponse') }),
        field('list_services_response', 6, 'MESSAGE', { ...one, ...message('ListServiceResponse') }),
        field('error_response', 7, 'MESSAGE', { ...one, ...message('ErrorResponse') }),
      ],
      oneofDecl: [{ name: 'message_response' }],
    },
    {
      name: 'FileDescriptorResponse',
      field: [field('file_descriptor_proto', 1, 'BYTES', many)],
    },
    {
      name: 'ListServiceResponse',
      field: [field('service', 1, 'MESSAGE', { ...many, ...message('ServiceResponse') })],
    },
    { name: 'ServiceResponse', field: [field('name', 1, 'STRING')] },
    { name: 'ErrorResponse', field: [field('error_code', 1, 'INT32'), field('error_message', 2, 'STRING')] },
  ],
});

export const REFLECTION = {
  request: type('ServerReflectionRequest'),
  response: type('ServerReflectionResponse'),
};
