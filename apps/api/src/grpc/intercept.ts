import type { ConnectError } from '@connectrpc/connect';
import * as grpc from '@grpc/grpc-js';
import { deadlinePassed } from '../rpc-context/open-call.ts';
import type { Method } from '../method.ts';
import { pathsOf } from '../paths.ts';
import { cutShort, noCompression, notOneMessage } from '../request/refusals.ts';
import { cut } from './answer-early.ts';
import { serveCall, type Doors, type ServerCall } from './method-adapter.ts';

/**
 * Creates the interceptor that grpc-js calls with the headers of each call. It serves the methods of the
 * table directly; they never reach the handler of grpc-js. Unauthenticated callers may use the other
 * services, for which only the time until the first message is limited. Such calls let a connection stay open
 * and do not prove it.
 */
export function createInterceptor(methods: readonly Method[], doors: Doors): grpc.ServerInterceptor {
  const byPath = new Map(methods.flatMap((method) => pathsOf(method.desc).map((path) => [path, method])));
  return (definition, call) => {
    const method = byPath.get(definition.path);
    if (!method) return withinTime(call as ServerCall, doors);
    return {
      start: () => serveCall(method, call as ServerCall, doors),
    } as unknown as grpc.ServerInterceptingCall;
  };
}

function withinTime(call: ServerCall, { requests, connections }: Doors): grpc.ServerInterceptingCall {
  const refuse = ({ code, rawMessage }: ConnectError) => {
    call.sendStatus({ code: code as number, details: rawMessage });
    cut(call.stream);
  };
  if (Number(call.getDeadline()) <= Date.now()) refuse(deadlinePassed());
  checkFlags(call, refuse);
  const waiting = requests.add(() => refuse(cutShort()));
  const stop = () => requests.remove(waiting);
  call.stream.once('close', stop);
  const heard = new grpc.ServerListenerBuilder()
    .withOnReceiveMessage((message, next) => {
      stop();
      connections.hear(call.stream.session);
      next(message);
    })
    .build();
  return new grpc.ServerInterceptingCall(call, { start: (next) => next(heard) });
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
