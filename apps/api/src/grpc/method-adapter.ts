import type { ServerHttp2Stream } from 'node:http2';
import { create, toBinary, type DescMessage, type Message } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import * as grpc from '@grpc/grpc-js';
import { LARGEST_REPLY, replyTooLarge } from '../rpc-context/message-size.ts';
import type { IncomingCall } from '../rpc-context/admit.ts';
import type { AdmittedRpc, RpcPipeline, Reply } from '../rpc-pipeline.ts';
import type { Method } from '../method.ts';
import type { ByteBudget } from '../request/byte-budget.ts';
import { decodeRequest } from '../request/decode.ts';
import { decompressFlagged } from '../request/decompress.ts';
import type { Connections } from '../request/limit-connections.ts';
import { tooSlow } from '../request/refusals.ts';
import type { TimeLimit, TimeLimitEntry } from '../request/time-limit.ts';
import { afterRequest, resetIncomplete } from './after-request.ts';
import { certificateOf } from './client-certificate.ts';
import { createMessageReader } from './message-reader.ts';
import { statusDetails } from './status-details.ts';

/**
 * A call as grpc-js passes it to interceptors, with private fields: its stream, its message decoder, which is
 * replaced, and its compression. Specs check that the limits still apply.
 */
export interface ServerCall extends grpc.ServerInterceptingCallInterface {
  readonly stream: ServerHttp2Stream;
  readonly incomingEncoding: string;
  decoder: { write(part: Buffer): Buffer[] };
}

/** The parts that all calls on the gRPC port share. */
export interface CallDeps {
  pipeline: RpcPipeline;
  budget: ByteBudget;
  connections: Pick<Connections, 'markAdmitted' | 'markActive'>;
  /** Maximum time between the headers and the end of the request. */
  requestTimeLimit: TimeLimit;
  requestWithinMs: number;
  /** Maximum time to wait for the request of a known caller after its refusal. */
  refusalTimeLimit: TimeLimit;
}

/** Maximum parts of a refused request that are discarded before its answer. Each costs CPU, however small. */
const MAX_DISCARDED_PARTS = 256;

/**
 * Refusals that do not wait for the request. Each stream of a caller without a token would hold memory until
 * the time limit. A caller with a deadline waits no longer than its deadline.
 */
const IMMEDIATE_REFUSALS: readonly Code[] = [Code.Unauthenticated, Code.DeadlineExceeded];

/** Defines a method whose messages are bytes for grpc-js: this file decodes requests and encodes replies. */
export const grpcDefinition = (method: Method, path: string): grpc.MethodDefinition<Buffer, Buffer> => ({
  path,
  requestStream: false,
  responseStream: method.kind === 'stream',
  requestSerialize: (bytes) => bytes,
  requestDeserialize: (bytes) => bytes,
  responseSerialize: (bytes) => bytes,
  responseDeserialize: (bytes) => bytes,
});

/** @throws ConnectError failed_precondition */
const encode = (desc: DescMessage, reply: Reply): Buffer => {
  const { buffer, byteOffset, byteLength } = toBinary(desc, create(desc, reply));
  if (byteLength > LARGEST_REPLY) throw replyTooLarge(byteLength);
  return Buffer.from(buffer, byteOffset, byteLength);
};

/**
 * Serves a call from its headers on. The handlers of grpc-js start only once the whole message has arrived.
 * By then the message of an unauthenticated caller would have been held and decoded.
 */
export function serveCall(method: Method, call: ServerCall, deps: CallDeps): void {
  const headers = new grpc.Metadata();
  const reader = createMessageReader(method.largestRequest, deps.budget);
  let waiting: TimeLimitEntry | undefined;
  let admitted: AdmittedRpc<unknown> | undefined;
  let cancelled = false;
  let cancelListener: () => void = () => undefined;
  let answerRefused: () => void = () => undefined;

  /** Stops waiting for the request. */
  const stopReading = () => {
    if (waiting) deps.requestTimeLimit.remove(waiting);
    waiting = undefined;
    reader.release();
  };
  const refuse = (thrown: unknown) => {
    stopReading();
    const error = admitted ? admitted.refuse(thrown) : ConnectError.from(thrown);
    admitted = undefined;
    // The call is already answered, or the client has cancelled it.
    if (cancelled) return resetIncomplete(call.stream);
    const { code, details, metadata } = statusOf(error);
    metadata.merge(headers);
    const limit = IMMEDIATE_REFUSALS.includes(error.code) ? undefined : deps.refusalTimeLimit;
    answerRefused = afterRequest(call.stream, limit, () => {
      call.sendStatus({ code, details, metadata });
      resetIncomplete(call.stream);
    });
  };
  const attempt = (step: () => unknown) => {
    try {
      const done = step();
      if (done instanceof Promise) done.catch(refuse);
    } catch (thrown) {
      refuse(thrown);
    }
  };
  const onAdmitted = (rpc: AdmittedRpc<unknown>) => {
    admitted = rpc;
    deps.connections.markAdmitted(call.stream.session);
    if (cancelled) return refuse(rpc.ended);
    waiting = deps.requestTimeLimit.add(() => refuse(tooSlow(deps.requestWithinMs)));
    call.startRead();
  };
  const run = (request: Message) => {
    stopReading();
    const work = admitted?.run(request);
    admitted = undefined;
    if (work instanceof Promise) work.then(send).catch(fail);
    else if (work) stream(work as AsyncIterable<Reply>).catch(fail);
  };
  const fail = (error: unknown) => {
    call.sendMetadata(headers);
    call.sendStatus(statusOf(error));
  };
  const done = () => call.sendStatus({ code: grpc.status.OK, details: 'OK' });
  const send = (reply: Reply) => {
    const bytes = encode(method.desc.output, reply);
    call.sendMetadata(headers);
    call.sendMessage(bytes, done);
  };
  const stream = async (replies: AsyncIterable<Reply>) => {
    for await (const reply of replies) {
      const bytes = encode(method.desc.output, reply);
      // Sent only after the pipeline has set the reply headers, which it does before its first message.
      call.sendMetadata(headers);
      await new Promise<void>((sent) => {
        whenCancelled = sent;
        call.sendMessage(bytes, sent);
      });
      if (cancelled) return;
    }
    call.sendMetadata(headers);
    done();
  };
  let whenCancelled: () => void = () => undefined;

  let discardedParts = 0;
  // All messages are delivered together with the end of the request: grpc-js has nothing to decode.
  call.decoder = {
    write: (part) => {
      if (waiting) attempt(() => reader.append(part));
      // A reset alone would hide from the client why its call failed and what to do.
      else if (++discardedParts > MAX_DISCARDED_PARTS) answerRefused();
      return [];
    },
  };
  call.start({
    onReceiveMetadata(metadata) {
      const deadline = Number(call.getDeadline());
      const incoming: IncomingCall = {
        header: (name) => metadata.get(name)[0]?.toString(),
        certificate: () => certificateOf(call),
        deadline: Number.isFinite(deadline) ? deadline : undefined,
        onCancel: (listener) => void (cancelListener = listener),
        reply: (name, value) => headers.set(name, value),
      };
      attempt(() => {
        const admitting =
          method.kind === 'unary'
            ? deps.pipeline.admit(method, incoming)
            : deps.pipeline.admit(method, incoming);
        return admitting instanceof Promise ? admitting.then(onAdmitted) : onAdmitted(admitting);
      });
    },
    onReceiveMessage: () => undefined,
    onReceiveHalfClose() {
      if (!waiting) return;
      attempt(() => {
        const { compressed, bytes } = reader.message();
        if (!compressed) return run(decodeRequest(method.desc.input, false, bytes));
        return decompressFlagged(call.incomingEncoding, bytes, method.largestRequest, deps.budget).then(
          (whole) => (admitted ? run(decodeRequest(method.desc.input, false, whole)) : undefined),
        );
      });
    },
    // grpc-js reports "cancelled" for every call, including those that ended normally.
    onCancel() {
      cancelled = true;
      cancelListener();
      whenCancelled();
      if (admitted) refuse(admitted.ended);
    },
  });
}

/**
 * Converts an error to a gRPC status. The pipeline throws only ConnectErrors, and its codes have gRPC's
 * numbers.
 */
const statusOf = (thrown: unknown) => {
  const error = ConnectError.from(thrown);
  const { code, rawMessage, metadata: fields } = error;
  const metadata = new grpc.Metadata();
  fields.forEach((value, name) => metadata.set(name, value));
  if (error.details.length > 0) metadata.set('grpc-status-details-bin', statusDetails(error));
  return { code: code as number, details: rawMessage, metadata };
};
