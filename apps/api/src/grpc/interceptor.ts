import type { ConnectError } from '@connectrpc/connect';
import * as grpc from '@grpc/grpc-js';
import { deadlinePassed } from '../rpc-context/open-call.ts';
import type { Method } from '../method.ts';
import { pathsOf } from '../paths.ts';
import { cutShort, noCompression, notOneMessage } from '../request/refusals.ts';
import { resetIncomplete } from './after-request.ts';
import { serveCall, type CallDeps, type ServerCall } from './method-adapter.ts';

/**
 * Creates the interceptor that grpc-js calls with the headers of each call. It serves the methods of the
 * table directly; they never reach the handler of grpc-js. Unauthenticated callers may use the other
 * services, for which only the time until the first message is limited. Such calls let a connection stay
 * open, but do not count as admitted calls.
 */
export function createInterceptor(methods: readonly Method[], deps: CallDeps): grpc.ServerInterceptor {
  const byPath = new Map(methods.flatMap((method) => pathsOf(method.desc).map((path) => [path, method])));
  return (definition, call) => {
    const method = byPath.get(definition.path);
    if (!method) return limitRequestTime(call as ServerCall, deps);
    return {
      start: () => serveCall(method, call as ServerCall, deps),
    } as unknown as grpc.ServerInterceptingCall;
  };
}

function limitRequestTime(
  call: ServerCall,
  { requestTimeLimit, connections }: CallDeps,
): grpc.ServerInterceptingCall {
  const refuse = ({ code, rawMessage }: ConnectError) => {
    call.sendStatus({ code: code as number, details: rawMessage });
    resetIncomplete(call.stream);
  };
  if (Number(call.getDeadline()) <= Date.now()) refuse(deadlinePassed());
  checkFlags(call, refuse);
  const entry = requestTimeLimit.add(() => refuse(cutShort()));
  const stop = () => requestTimeLimit.remove(entry);
  call.stream.once('close', stop);
  const listener = new grpc.ServerListenerBuilder()
    .withOnReceiveMessage((message, next) => {
      stop();
      connections.markActive(call.stream.session);
      next(message);
    })
    .build();
  return new grpc.ServerInterceptingCall(call, { start: (next) => next(listener) });
}

/**
 * Refuses unknown flags, and the flag of a compressed message without a compression; grpc-js accepts both.
 */
function checkFlags(call: ServerCall, refuse: (error: ConnectError) => void): void {
  const { decoder } = call;
  call.decoder = {
    write(part) {
      const messages = decoder.write(part);
      const flags = Math.max(0, ...messages.map(([flag = 0]) => flag));
      if (flags === 0 || (flags === 1 && call.incomingEncoding !== 'identity')) return messages;
      refuse(flags === 1 ? noCompression() : notOneMessage());
      return [];
    },
  };
}
