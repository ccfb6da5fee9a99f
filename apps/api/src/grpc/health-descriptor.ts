import { typesOf } from './dynamic-codec.ts';

// https://github.com/grpc/grpc-proto/blob/master/grpc/health/v1/health.proto
const type = typesOf({
  name: 'grpc/health/v1/health.proto',
  package: 'grpc.health.v1',
  syntax: 'proto3',
  messageType: [
    {
      name: 'HealthCheckRequest',
      field: [{ name: 'service', number: 1, type: 'TYPE_STRING', label: 'LABEL_OPTIONAL' }],
    },
    {
      name: 'HealthCheckResponse',
      // An enum there; as a number it reads and writes the same bytes.
      field: [{ name: 'status', number: 1, type: 'TYPE_INT32', label: 'LABEL_OPTIONAL' }],
    },
  ],
});

export const HEALTH = { request: type('HealthCheckRequest'), response: type('HealthCheckResponse') };
