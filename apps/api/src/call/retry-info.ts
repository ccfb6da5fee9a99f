import { file_google_protobuf_any, file_google_protobuf_duration } from '@bufbuild/protobuf/wkt';
import { typesOf } from '../grpc/dynamic-codec.ts';

// https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto and status.proto.
const type = typesOf(
  {
    name: 'google/rpc/error_details.proto',
    package: 'google.rpc',
    syntax: 'proto3',
    dependency: ['google/protobuf/any.proto', 'google/protobuf/duration.proto'],
    messageType: [
      {
        name: 'RetryInfo',
        field: [
          {
            name: 'retry_delay',
            number: 1,
            type: 'TYPE_MESSAGE',
            typeName: '.google.protobuf.Duration',
            label: 'LABEL_OPTIONAL',
          },
        ],
      },
      {
        name: 'Status',
        field: [
          { name: 'code', number: 1, type: 'TYPE_INT32', label: 'LABEL_OPTIONAL' },
          { name: 'message', number: 2, type: 'TYPE_STRING', label: 'LABEL_OPTIONAL' },
          {
            name: 'details',
            number: 3,
            type: 'TYPE_MESSAGE',
            typeName: '.google.protobuf.Any',
            label: 'LABEL_REPEATED',
          },
        ],
      },
    ],
  },
  // Only with their own descriptors do the well-known types have their special JSON form, such as "1.5s".
  [file_google_protobuf_any, file_google_protobuf_duration],
);

/** The time that a caller has to wait before it retries. */
export const RETRY_INFO = type('RetryInfo');
/** An error with its details, as gRPC's trailer carries it. */
export const STATUS = type('Status');
