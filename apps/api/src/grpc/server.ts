import { Health } from '@core/contracts/grpc';
import * as grpc from '@grpc/grpc-js';
import type { Logger } from '@core/runtime';
import type { RpcPipeline } from '../rpc-pipeline.ts';
import type { Method } from '../method.ts';
import { pathsOf } from '../paths.ts';
import type { ByteBudget } from '../request/byte-budget.ts';
import { limitConnections } from '../request/limit-connections.ts';
import { createTimeLimit } from '../request/time-limit.ts';
import { STOP_WITHIN_MS, type RunningServer } from '../running-server.ts';
import { addHealth } from './health.ts';
import { destroySessions, hardenServers } from './http2-servers.ts';
import { GRPC_LIMITS, grpcOptions, limitMetadata, type GrpcLimits } from './limits.ts';
import { addReflection } from './reflection.ts';
import { createInterceptor } from './interceptor.ts';
import { grpcDefinition } from './method-adapter.ts';

export interface GrpcServerOptions {
  port: number;
  /** Default: all interfaces. */
  host?: string | undefined;
  /** From grpcCredentials; default: plain HTTP/2. */
  credentials?: grpc.ServerCredentials;
  /** Overrides of GRPC_LIMITS. */
  limits?: Partial<GrpcLimits>;
  methods: readonly Method[];
  pipeline: RpcPipeline;
  /** Byte budget shared by the bodies of all calls. */
  budget: ByteBudget;
  reflection: boolean;
  log: Pick<Logger, 'error'>;
}

/** @throws Error when the port is in use; it names the variable to change */
export async function startGrpcServer(options: GrpcServerOptions): Promise<RunningServer> {
  // grpc-js writes lines to the console that are not JSON, and it also throws their content.
  grpc.setLogVerbosity(grpc.logVerbosity.NONE);
  const limits = { ...GRPC_LIMITS, ...options.limits };
  const requestTimeLimit = createTimeLimit(limits.requestWithinMs);
  const refusalTimeLimit = createTimeLimit(limits.lingerMs);
  const connections = limitConnections({
    most: limits.maxConnections,
    firstCallWithinMs: limits.firstCallWithinMs,
  });
  const { methods, pipeline, budget } = options;
  const deps = {
    pipeline,
    budget,
    connections,
    requestTimeLimit,
    requestWithinMs: limits.requestWithinMs,
    refusalTimeLimit,
  };
  const server = new grpc.Server({
    ...grpcOptions(limits),
    interceptors: [createInterceptor(methods, deps)],
  });
  limitMetadata(server, limits);
  for (const method of methods) {
    for (const path of pathsOf(method.desc)) {
      server.addService({ call: grpcDefinition(method, path) }, { call: () => undefined });
    }
  }
  const services = [...new Set(methods.map(({ desc }) => desc.parent))];
  const health = addHealth(server, services, limits.maxHealthWatches);
  if (options.reflection) addReflection(server, [...services, Health]);

  const port = await bind(server, options);
  hardenServers(server, connections, options.log);
  return {
    port,
    async stop() {
      health.stop();
      // Sends GOAWAY to every session; a call that crosses the first one is served (close-gracefully.ts).
      const forced = setTimeout(() => destroySessions(server), STOP_WITHIN_MS);
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      clearTimeout(forced);
      connections.close();
      requestTimeLimit.close();
      refusalTimeLimit.close();
    },
  };
}

/** Binds to one address, or to all interfaces, including on a machine without IPv6. */
async function bind(
  server: grpc.Server,
  { port, host, credentials = grpc.ServerCredentials.createInsecure() }: GrpcServerOptions,
): Promise<number> {
  try {
    const address = host?.includes(':') ? `[${host}]` : (host ?? '');
    return await bindTo(server, `${address || '[::]'}:${port}`, credentials);
  } catch (error) {
    if (/EADDRINUSE/.test(String(error))) {
      throw new Error(`port ${port} is taken; set CORE_GRPC_PORT to a free one`, { cause: error });
    }
    if (host || !/EAFNOSUPPORT|EADDRNOTAVAIL/.test(String(error))) throw error;
    return bindTo(server, `0.0.0.0:${port}`, credentials);
  }
}

const bindTo = (server: grpc.Server, address: string, credentials: grpc.ServerCredentials): Promise<number> =>
  new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
