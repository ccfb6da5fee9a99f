import { create, createRegistry, fromBinary, toJson } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { RetryInfoSchema, StatusSchema } from '@core/contracts/grpc';
import { statusDetails } from '../grpc/status-details.ts';
import { retryableError } from './retryable-error.ts';

const registry = createRegistry(RetryInfoSchema);

it.each([
  [1_500, '1.500s', '2'],
  [1_000, '1s', '1'],
  [0.2, '0.001s', '1'],
  [86_400_000, '86400s', '86400'],
])('returns a wait of %s ms in the JSON form of google.rpc.RetryInfo', (ms, delay, seconds) => {
  const error = retryableError('too many', ms);
  expect(error.metadata.get('retry-after')).toBe(seconds);
  const [detail] = error.details as { desc: typeof RetryInfoSchema; value: object }[];
  expect(toJson(RetryInfoSchema, create(detail!.desc, detail!.value as never))).toEqual({
    retryDelay: delay,
  });
  // The gRPC trailer contains it, too; its details have the type google.protobuf.Any.
  const status = fromBinary(StatusSchema, statusDetails(error));
  expect(toJson(StatusSchema, status, { registry })).toEqual({
    code: 8,
    message: 'too many, try again',
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: delay }],
  });
  expect(anyUnpack(status.details[0]!, registry)?.$typeName).toBe('google.rpc.RetryInfo');
});
