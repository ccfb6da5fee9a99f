import * as grpc from '@grpc/grpc-js';
import type { Method } from '../method.ts';
import { pathsOf } from '../paths.ts';
import { cutShort } from '../request/refusals.ts';
import { serveCall, type Doors, type ServerCall } from './method-adapter.ts';

/**
 * What grpc-js hands each call to when its headers are there. Methods of the table are served from here on, and
 * grpc-js's own handler never hears of them; of other services, which strangers may use, only the time is limited in
 * which a first message must come.
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

function withinTime(call: ServerCall, { requests }: Doors): grpc.ServerInterceptingCall {
  const waiting = requests.add(() => {
    const { code, rawMessage } = cutShort();
    call.sendStatus({ code: code as number, details: rawMessage });
    call.stream.close();
  });
  const stop = () => requests.remove(waiting);
  call.stream.once('close', stop);
  const heard = new grpc.ServerListenerBuilder()
    .withOnReceiveMessage((message, next) => {
      stop();
      next(message);
    })
    .build();
  return new grpc.ServerInterceptingCall(call, { start: (next) => next(heard) });
}
