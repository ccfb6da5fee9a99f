import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type Message,
  type MessageInitShape,
} from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import * as grpc from '@grpc/grpc-js';
import type { Admitted, Incoming, Invoker, Reply } from '../invoke.ts';
import type { Method } from '../method.ts';
import { STATUS } from '../call/retry-info.ts';
import { certificateOf } from './client-certificate.ts';

type UnaryCall = grpc.ServerUnaryCall<Buffer, Reply>;
type StreamCall = grpc.ServerWritableStream<Buffer, Reply>;

/**
 * How grpc-js reads and writes a method. Requests stay bytes until the pipeline reads them: grpc-js
 * itself would answer unreadable ones INTERNAL, without a request id.
 */
export const grpcDefinition = (method: Method, path: string): grpc.MethodDefinition<Buffer, Reply> => ({
  path,
  requestStream: false,
  responseStream: method.kind === 'stream',
  requestSerialize: (bytes) => bytes,
  requestDeserialize: (bytes) => bytes,
  responseSerialize: (reply) => encode(method.desc.output, reply),
  responseDeserialize: (bytes) => fromBinary(method.desc.output, bytes),
});

const encode = (desc: DescMessage, reply: Reply): Buffer => {
  const { buffer, byteOffset, byteLength } = toBinary(desc, create(desc, reply));
  return Buffer.from(buffer, byteOffset, byteLength);
};

export const grpcHandler = (method: Method, invoker: Invoker): grpc.UntypedHandleCall =>
  method.kind === 'unary'
    ? (call: UnaryCall, callback: grpc.sendUnaryData<Reply>) => {
        const { incoming, headers } = receive(call);
        const work = async () => {
          const admitted = await invoker.admit(method, incoming);
          return admitted.run(requestOf(method, admitted, call.request));
        };
        work().then(
          (reply) => {
            call.sendMetadata(headers);
            callback(null, reply);
          },
          (error: unknown) => {
            call.sendMetadata(headers);
            callback(status(error));
          },
        );
      }
    : (call: StreamCall) => {
        const { incoming, headers } = receive(call);
        // Not before the pipeline has set its headers, which it does ahead of its first message.
        const work = async () => {
          const admitted = await invoker.admit(method, incoming);
          await send(call, admitted.run(requestOf(method, admitted, call.request)), headers);
        };
        work().catch((error: unknown) => {
          call.sendMetadata(headers);
          call.emit('error', status(error));
        });
      };

async function send(call: StreamCall, replies: AsyncIterable<Reply>, headers: grpc.Metadata): Promise<void> {
  for await (const reply of replies) {
    call.sendMetadata(headers);
    if (!call.write(reply) && !call.cancelled) await drained(call);
    if (call.cancelled) return;
  }
  call.end();
}

const drained = (call: StreamCall): Promise<void> =>
  new Promise((resolve) => {
    call.once('drain', resolve);
    call.once('cancelled', resolve);
  });

function receive(
  call: Pick<UnaryCall, 'metadata' | 'request' | 'cancelled' | 'getDeadline' | 'getAuthContext'> & {
    on(event: 'cancelled', listener: () => void): unknown;
  },
): { incoming: Incoming; headers: grpc.Metadata } {
  const headers = new grpc.Metadata();
  const deadline = Number(call.getDeadline());
  const incoming: Incoming = {
    header: (name) => call.metadata.get(name)[0]?.toString(),
    certificate: () => certificateOf(call),
    deadline: Number.isFinite(deadline) ? deadline : undefined,
    // grpc-js says "cancelled" of every call, also of those that have ended well.
    whenGone: (listener) => void (call.cancelled ? listener() : call.on('cancelled', listener)),
    reply: (name, value) => headers.set(name, value),
  };
  return { incoming, headers };
}

function requestOf(method: Method, admitted: Pick<Admitted<unknown>, 'refuse'>, bytes: Uint8Array): Message {
  try {
    return fromBinary(method.desc.input, bytes);
  } catch {
    const what = `the request is not a ${method.desc.input.typeName}`;
    throw admitted.refuse(new ConnectError(what, Code.InvalidArgument));
  }
}

/** The pipeline throws nothing but ConnectErrors; its codes are numbered as gRPC's. */
const status = (thrown: unknown): Partial<grpc.StatusObject> => {
  const error = ConnectError.from(thrown);
  const { code, rawMessage, metadata: fields } = error;
  const metadata = new grpc.Metadata();
  fields.forEach((value, name) => metadata.set(name, value));
  if (error.details.length > 0) metadata.set('grpc-status-details-bin', statusDetails(error));
  return { code: code as number, details: rawMessage, metadata };
};

/** As google.rpc.Status, where gRPC's clients look for more than a code and a message. */
function statusDetails({ code, rawMessage, details }: ConnectError): Buffer {
  const packed = details.flatMap((detail) =>
    'desc' in detail
      ? {
          typeUrl: `type.googleapis.com/${detail.desc.typeName}`,
          value: toBinary(detail.desc, create(detail.desc, detail.value)),
        }
      : [],
  );
  const message = { code, message: rawMessage, details: packed };
  return Buffer.from(toBinary(STATUS, create(STATUS, message as MessageInitShape<DescMessage>)));
}
