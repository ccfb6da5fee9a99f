import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';

export interface CallOptions {
  /** Replaces the method's own path, for example by the plan's literal /core.v1/GetCustomerRFM. */
  path?: string;
  metadata?: Record<string, string>;
  /** Milliseconds; 60,000 by default, 600,000 for a stream. */
  timeoutMs?: number;
  /** Called with the headers of the reply; unary calls only. */
  onHeaders?: (headers: grpc.Metadata) => void;
}

/** A gRPC client for any generated method, for tests and the tour. */
export interface GrpcClient {
  /** @throws grpc.ServiceError */
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): Promise<MessageShape<O>>;
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): AsyncIterable<MessageShape<O>>;
  close(): void;
}

export interface ClientOptions {
  /** Insecure HTTP/2 by default. */
  credentials?: grpc.ChannelCredentials;
  /** Options of the channel. Clients with equal options share connections. */
  channel?: grpc.ChannelOptions;
  /** Metadata for every call. A call's own metadata overrides it. */
  metadata?: Record<string, string>;
}

/** @param address host:port */
export function grpcClient(address: string, defaults: ClientOptions = {}): GrpcClient {
  const client = new grpc.Client(
    address,
    defaults.credentials ?? grpc.credentials.createInsecure(),
    defaults.channel,
  );
  const metadataOf = ({ metadata }: CallOptions): grpc.Metadata => {
    const result = new grpc.Metadata();
    const entries = Object.entries({ ...defaults.metadata, ...metadata });
    for (const [key, value] of entries) result.set(key, value);
    return result;
  };
  return {
    unary: (method, request, options = {}) =>
      new Promise((resolve, reject) => {
        const call = client.makeUnaryRequest(
          options.path ?? pathOf(method),
          (message: typeof request) => encode(method.input, message),
          (bytes: Buffer) => fromBinary(method.output, bytes),
          request,
          metadataOf(options),
          { deadline: Date.now() + (options.timeoutMs ?? 60_000) },
          (error, reply) => (error || !reply ? reject(error ?? new Error('no reply')) : resolve(reply)),
        );
        if (options.onHeaders) call.on('metadata', options.onHeaders);
      }),
    stream: (method, request, options = {}) =>
      client.makeServerStreamRequest(
        options.path ?? pathOf(method),
        (message: typeof request) => encode(method.input, message),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        request,
        metadataOf(options),
        { deadline: Date.now() + (options.timeoutMs ?? 600_000) },
      ),
    close: () => client.close(),
  };
}

const pathOf = (method: { parent: { typeName: string }; name: string }) =>
  `/${method.parent.typeName}/${method.name}`;

const encode = <D extends DescMessage>(desc: D, message: MessageInitShape<D>): Buffer =>
  Buffer.from(toBinary(desc, create(desc, message)));
