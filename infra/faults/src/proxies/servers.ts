import { startStack, type App } from '@core/stack';
import { freePort, merchantIdOf } from '@core/testing';

export interface Server {
  /** Starts the server at the same ports each time. Resolves when it is ready; does nothing if it runs. */
  start(): Promise<void>;
  /** Sends SIGTERM. Resolves when the server has exited. */
  end(): Promise<void>;
}

export interface Servers extends AsyncDisposable {
  dir: string;
  /** The ports of both servers, by the ports in the files of infra/proxies. */
  ports: ReadonlyMap<number, number>;
  /** An import that runs for ever. */
  watched: { merchantId: string; importId: string };
  /** The number of customers in the database. */
  stored(): Promise<number>;
  both: readonly [Server, Server];
}

/** Creates two apis on one database, whose connections live for one second, the minimum. */
export async function openServers(): Promise<Servers> {
  await using started = new AsyncDisposableStack();
  const stack = started.use(await startStack({ postgres: {}, auth: {} }));
  const owner = stack.pool('core_owner', { max: 2 });
  const env = { CORE_GRPC_CONNECTION_AGE: '1', CORE_API_PROCESSES: '1', CORE_DB_POOL: '4' };
  const merchantId = merchantIdOf(1);
  const watched = { merchantId, importId: await stack.given.aRun({ merchantId }) };
  const ports = new Map<number, number>();
  const create = async (name: string, grpcPort: number, adminPort: number): Promise<Server> => {
    const own = { grpc: await freePort(), admin: await freePort() };
    ports.set(grpcPort, own.grpc).set(adminPort, own.admin);
    let running: App | undefined;
    return {
      async start() {
        running ??= await stack.start('api', { name, env, ports: own });
      },
      async end() {
        if (!running) return;
        const { child } = running;
        process.kill(child.pid, 'SIGTERM');
        await child.exited;
        running = undefined;
      },
    };
  };
  const both = [await create('core-1', 50_051, 9_101), await create('core-2', 50_052, 9_102)] as const;
  const stored = async () => {
    const { rows } = await owner.query<{ n: number }>('select count(*)::integer as n from customers');
    return rows[0]?.n ?? 0;
  };
  const stops = started.move();
  return {
    dir: stack.dir,
    ports,
    watched,
    stored,
    both,
    [Symbol.asyncDispose]: () => stops.disposeAsync(),
  };
}
