import { create, type DescService } from '@bufbuild/protobuf';
import {
  Health,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthListResponseSchema,
  type HealthCheckRequest,
  type HealthCheckResponse,
  type HealthListRequest,
  type HealthListResponse,
} from '@core/contracts/grpc';
import * as grpc from '@grpc/grpc-js';
import { serviceDefinition } from './service-definition.ts';

type Watch = grpc.ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** Adds grpc.health.v1 for the whole server ("") and each of its services. */
export function addHealth(
  server: grpc.Server,
  services: readonly DescService[],
  maxWatches: number,
): { stop(): void } {
  const names = new Set(['', ...services.map(({ typeName }) => typeName)]);
  const watches = new Set<Watch>();
  let serving: ServingStatus = ServingStatus.SERVING;
  const reply = (status: ServingStatus) => create(HealthCheckResponseSchema, { status });

  const check: grpc.handleUnaryCall<HealthCheckRequest, HealthCheckResponse> = (call, callback) =>
    names.has(call.request.service)
      ? callback(null, reply(serving))
      : callback({ code: grpc.status.NOT_FOUND, details: 'no such service here' });

  const list: grpc.handleUnaryCall<HealthListRequest, HealthListResponse> = (_call, callback) => {
    const statuses = Object.fromEntries([...names].map((name) => [name, reply(serving)]));
    callback(null, create(HealthListResponseSchema, { statuses }));
  };

  const watch = (call: Watch) => {
    // Anyone may open a watch without a token.
    if (watches.size >= maxWatches) {
      const details = `${maxWatches} watches are open in this process; use Check instead`;
      return void call.emit('error', { code: grpc.status.RESOURCE_EXHAUSTED, details });
    }
    watches.add(call);
    call.on('cancelled', () => watches.delete(call));
    call.write(reply(names.has(call.request.service) ? serving : ServingStatus.SERVICE_UNKNOWN));
  };

  server.addService(serviceDefinition(Health), { check, watch, list } as grpc.UntypedServiceImplementation);
  return {
    /** Notifies every watcher whose state changes, and ends all streams: a shutdown would wait for them. */
    stop() {
      serving = ServingStatus.NOT_SERVING;
      for (const call of watches) {
        if (names.has(call.request.service)) call.write(reply(serving));
        call.end();
      }
    },
  };
}
