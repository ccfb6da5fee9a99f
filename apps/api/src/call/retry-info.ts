import type { JsonObject } from '@bufbuild/protobuf';
import { typesOf } from '../grpc/dynamic-codec.ts';

const seconds = { name: 'seconds', number: 1, type: 'TYPE_INT64', label: 'LABEL_OPTIONAL' };
const nanos = { name: 'nanos', number: 2, type: 'TYPE_INT32', label: 'LABEL_OPTIONAL' };
const nested = (type: string, name: string, label = 'LABEL_OPTIONAL'): JsonObject => ({
  name,
  label,
  type: 'TYPE_MESSAGE',
  typeName: type,
});

// https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto and status.proto. The
// two Google well-known types that they use are written out here; they have the same wire format.
const type = typesOf({
  name: 'google/rpc/error_details.proto',
  package: 'google.rpc',
  syntax: 'proto3',
  messageType: [
    { name: 'Duration', field: [seconds, nanos] },
    {
      name: 'Any',
      field: [
        { name: 'type_url', jsonName: 'typeUrl', number: 1, type: 'TYPE_STRING', label: 'LABEL_OPTIONAL' },
        { name: 'value', number: 2, type: 'TYPE_BYTES', label: 'LABEL_OPTIONAL' },
      ],
    },
    {
      name: 'RetryInfo',
      field: [{ ...nested('.google.rpc.Duration', 'retry_delay'), jsonName: 'retryDelay', number: 1 }],
    },
    {
      name: 'Status',
      field: [
        { name: 'code', number: 1, type: 'TYPE_INT32', label: 'LABEL_OPTIONAL' },
        { name: 'message', number: 2, type: 'TYPE_STRING', label: 'LABEL_OPTIONAL' },
        { ...nested('.google.rpc.Any', 'details', 'LABEL_REPEATED'), number: 3 },
      ],
    },
  ],
});

/** The time that a caller has to wait before it retries. */
export const RETRY_INFO = type('RetryInfo');
/** An error with its details, as gRPC's trailer carries it. */
export const STATUS = type('Status');
