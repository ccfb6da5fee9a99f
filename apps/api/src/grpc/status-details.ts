import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import type { ConnectError } from '@connectrpc/connect';
import { StatusSchema } from '@core/contracts/grpc';

/** Returns the value of grpc-status-details-bin, which gives gRPC clients more than a code and a message. */
export function statusDetails({ code, rawMessage, details }: ConnectError): Buffer {
  const packed = details.flatMap((detail) =>
    'desc' in detail ? anyPack(detail.desc, create(detail.desc, detail.value)) : [],
  );
  const status = create(StatusSchema, { code, message: rawMessage, details: packed });
  return Buffer.from(toBinary(StatusSchema, status));
}
