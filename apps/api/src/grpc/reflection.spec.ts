import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { CoreService, ImportService } from '@core/contracts';
import { answers } from './reflection.ts';

const answer = answers([CoreService, ImportService]);
const filesOf = ({ value }: { value: object }) =>
  (value as { fileDescriptorProto: Uint8Array[] }).fileDescriptorProto.map(
    (bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name,
  );

it('lists the services', () =>
  expect(answer({ case: 'listServices', value: '*' })).toEqual({
    case: 'listServicesResponse',
    value: { service: [{ name: 'core.v1.CoreService' }, { name: 'core.v1.ImportService' }] },
  }));

it.each([
  ['fileByFilename', 'core/v1/core.proto'],
  ['fileContainingSymbol', 'core.v1.CoreService'],
  ['fileContainingSymbol', 'core.v1.CoreService.GetCustomerRFM'],
  ['fileContainingSymbol', 'core.v1.Customer.customer_id'],
  ['fileContainingSymbol', 'core.v1.Consistency'],
])('answers %s %s with the file and all it imports', (kind, value) =>
  expect(filesOf(answer({ case: kind, value }))).toEqual([
    'core/v1/core.proto',
    'core/v1/rfm.proto',
    'google/protobuf/timestamp.proto',
    'google/protobuf/struct.proto',
  ]),
);

it.each([
  ['fileContainingSymbol', 'core.v1.Nothing', 5],
  ['fileContainingSymbol', '', 5],
  ['fileByFilename', 'auth/v1/auth.proto', 5],
  ['fileContainingExtension', '', 12],
])('answers %s %s with error %i', (kind, value, errorCode) =>
  expect(answer({ case: kind, value })).toMatchObject({ case: 'errorResponse', value: { errorCode } }),
);
