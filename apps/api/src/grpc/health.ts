import { create, type DescService, type Message } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { HEALTH } from './health-descriptor.ts';
import { codec } from './dynamic-codec.ts';

const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

type Request = Message & { service: string };
type Watch = grpc.ServerWritableStream<Request, Message>;

/**
 * grpc.health.v1 for the whole server ("") and each of its services. Own code rather than the package
 * grpc-health-check: that one reads its .proto from its own folder when it is loaded, and a bundle has none.
 */
export function addHealth(
  server: grpc.Server,
  services: readonly DescService[],
  mostWatches: number,
): { stop(): void } {
  const { request, response } = HEALTH;
  const names = new Set(['', ...services.map(({ typeName }) => typeName)]);
  const watches = new Set<Watch>();
  let serving = SERVING;
  const reply = (status: number) => create(response, { status });
  const statusOf = (name: string) => (names.has(name) ? serving : SERVICE_UNKNOWN);

  const check: grpc.handleUnaryCall<Request, Message> = (call, callback) =>
    names.has(call.request.service)
      ? callback(null, reply(serving))
      : callback({ code: grpc.status.NOT_FOUND, details: 'no such service here' });

  const watch = (call: Watch) => {
    // Anyone may open a watch without a token.
    if (watches.size >= mostWatches) {
      const details = `${mostWatches} watches are open in this process, ask by Check`;
      return void call.emit('error', { code: grpc.status.RESOURCE_EXHAUSTED, details });
    }
    watches.add(call);
    call.on('cancelled', () => watches.delete(call));
    call.write(reply(statusOf(call.request.service)));
  };

  const definition = (name: string, responseStream: boolean) => ({
    path: `/grpc.health.v1.Health/${name}`,
    requestStream: false,
    responseStream,
    ...codec(request, response),
  });
  server.addService(
    { check: definition('Check', false), watch: definition('Watch', true) } as grpc.ServiceDefinition,
    { check, watch } as grpc.UntypedServiceImplementation,
  );
  return {
    /** Tells every watcher, and ends their streams: a shutdown would wait for them. */
    stop() {
      serving = NOT_SERVING;
      for (const call of watches) {
        call.write(reply(statusOf(call.request.service)));
        call.end();
      }
    },
  };
}
