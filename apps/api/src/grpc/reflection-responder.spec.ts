import { createFileRegistry, create, fromBinary, fromJson } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { CoreService, ImportService } from '@core/contracts';
import { reflectionV1 } from '@core/contracts/grpc';
import { createReflectionResponder } from './reflection-responder.ts';

const respond = createReflectionResponder([CoreService, ImportService]);
type MessageRequest = Parameters<typeof respond>[0];
const ask = (kind: string, value: unknown, from = respond) => from({ case: kind, value } as MessageRequest);
const filesOf = ({ value }: { value?: object }) =>
  (value as { fileDescriptorProto: Uint8Array[] }).fileDescriptorProto.map(
    (bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name,
  );
const extension = (containingType: string, extensionNumber: number) =>
  create(reflectionV1.ExtensionRequestSchema, { containingType, extensionNumber });

it('lists the services', () =>
  expect(ask('listServices', '*')).toMatchObject({
    case: 'listServicesResponse',
    value: { service: [{ name: 'core.v1.CoreService' }, { name: 'core.v1.ImportService' }] },
  }));

it.each([
  ['fileByFilename', 'core/v1/core.proto'],
  ['fileContainingSymbol', 'core.v1.CoreService'],
  ['fileContainingSymbol', 'core.v1.CoreService.GetCustomerRFM'],
  ['fileContainingSymbol', 'core.v1.Customer.customer_id'],
  ['fileContainingSymbol', 'core.v1.Consistency'],
])('answers %s %s with the file and all its imports', (kind, value) =>
  expect(filesOf(ask(kind, value))).toEqual([
    'core/v1/core.proto',
    'core/v1/rfm.proto',
    'google/protobuf/timestamp.proto',
    'google/protobuf/struct.proto',
  ]),
);

it('finds an enum value in the scope that contains its enum', () =>
  expect(filesOf(ask('fileContainingSymbol', 'core.v1.CONSISTENCY_UNSPECIFIED'))).toContain(
    'core/v1/core.proto',
  ));

it.each([
  ['fileContainingSymbol', 'core.v1.Nothing', 5],
  ['fileContainingSymbol', 'core.v1.CoreService.Nothing', 5],
  ['fileContainingSymbol', '', 5],
  ['fileByFilename', 'auth/v1/auth.proto', 5],
  ['fileContainingExtension', extension('core.v1.Customer', 100), 5],
  ['fileContainingExtension', extension('core.v1.Nothing', 100), 5],
  ['allExtensionNumbersOfType', 'core.v1.Nothing', 5],
  [undefined, undefined, 12],
])('answers %s %s with error %i', (kind, value, errorCode) =>
  expect(ask(kind as string, value)).toMatchObject({ case: 'errorResponse', value: { errorCode } }),
);

it('returns no extensions for one of our messages', () =>
  expect(ask('allExtensionNumbersOfType', 'core.v1.Customer')).toMatchObject({
    case: 'allExtensionNumbersResponse',
    value: { baseTypeName: 'core.v1.Customer', extensionNumber: [] },
  }));

describe('extensions', () => {
  // Our files have no extensions: proto3 supports only those of options.
  const file = fromJson(FileDescriptorProtoSchema, {
    name: 'extended.proto',
    package: 'test',
    syntax: 'proto2',
    messageType: [{ name: 'Base', extensionRange: [{ start: 100, end: 200 }] }],
    extension: [
      { name: 'further', number: 101, type: 'TYPE_STRING', label: 'LABEL_OPTIONAL', extendee: '.test.Base' },
    ],
    service: [{ name: 'Service' }],
  });
  const service = createFileRegistry(file, () => undefined).getService('test.Service');
  if (!service) throw new Error('the file contains no service');
  const from = createReflectionResponder([service]);

  it('are found by their message and number', () => {
    expect(filesOf(ask('fileContainingExtension', extension('test.Base', 101), from))).toEqual([
      'extended.proto',
    ]);
    expect(ask('fileContainingExtension', extension('test.Base', 102), from)).toMatchObject({
      value: { errorCode: 5 },
    });
  });

  it('are numbered', () =>
    expect(ask('allExtensionNumbersOfType', 'test.Base', from)).toMatchObject({
      value: { baseTypeName: 'test.Base', extensionNumber: [101] },
    }));
});
