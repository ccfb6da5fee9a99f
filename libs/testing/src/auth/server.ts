import { promisify } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DescMethodUnary, MessageShape } from '@bufbuild/protobuf';
import { AuthService, readUuid } from '@core/contracts';
import * as grpc from '@grpc/grpc-js';

export interface AuthStandInOptions {
  /** 0, the default, picks a free port. */
  port?: number;
  host?: string;
  /**
   * The paths that are served; any other path returns UNIMPLEMENTED. `literal` is the path spelled in the
   * plan.
   */
  paths?: 'both' | 'service' | 'literal';
  delayMs?: number;
  /** Merchants by the shops with which they signed up; absent: ResolveShop is UNIMPLEMENTED. */
  shops?: ReadonlyMap<string, string>;
}

export interface AuthStandIn {
  /** host:port, the value for AUTH_GRPC_URL. */
  address: string;
  /** The number of ValidateMerchant calls received so far, including failed ones. */
  calls(): number;
  /** While down, every call returns UNAVAILABLE. */
  setDown(down: boolean): void;
  close(): Promise<void>;
}

const { validateMerchant, resolveShop } = AuthService.method;
const pathOf = ({ name }: DescMethodUnary) => `/${AuthService.typeName}/${name}`;
const PATHS = { service: pathOf(validateMerchant), literal: '/auth.v1/ValidateMerchant' };

/** Starts a stand-in for Auth: every UUID is a valid merchant, except UUIDs that start with ffffffff. */
export async function startAuthStandIn(options: AuthStandInOptions = {}): Promise<AuthStandIn> {
  const { port = 0, host = '127.0.0.1', paths = 'both', delayMs = 0, shops } = options;
  let calls = 0;
  let down = false;
  const answer = async <T>(reply: () => T): Promise<T> => {
    if (delayMs > 0) await wait(delayMs);
    if (down) throw failure(grpc.status.UNAVAILABLE, 'auth is down');
    return reply();
  };
  const validate = ({ merchantId }: MessageShape<typeof validateMerchant.input>) => {
    calls += 1;
    return answer(() => {
      const merchant = readUuid(merchantId);
      if (merchant === null) throw failure(grpc.status.INVALID_ARGUMENT, 'merchant_id must be a UUID');
      return create(validateMerchant.output, { valid: !merchant.startsWith('ffffffff') });
    });
  };
  const resolve = ({ shop }: MessageShape<typeof resolveShop.input>) =>
    answer(() => {
      const merchantId = shops?.get(shop);
      if (merchantId === undefined) throw failure(grpc.status.NOT_FOUND, 'no merchant has this shop');
      return create(resolveShop.output, { merchantId });
    });

  const server = new grpc.Server();
  for (const name of ['service', 'literal'] as const) {
    if (paths === name || paths === 'both') serve(server, PATHS[name], validateMerchant, validate);
  }
  if (shops) serve(server, pathOf(resolveShop), resolveShop, resolve);
  const bind = promisify(server.bindAsync.bind(server));
  const bound = await bind(`${host}:${port}`, grpc.ServerCredentials.createInsecure());
  return {
    address: `${host}:${bound}`,
    calls: () => calls,
    setDown(next) {
      down = next;
    },
    close: async () => server.forceShutdown(),
  };
}

function failure(code: grpc.status, details: string): Error {
  return Object.assign(new Error(details), { code, details });
}

function serve<M extends DescMethodUnary>(
  server: grpc.Server,
  path: string,
  { input, output }: M,
  reply: (request: MessageShape<M['input']>) => Promise<MessageShape<M['output']>>,
): void {
  const definition: grpc.MethodDefinition<MessageShape<M['input']>, MessageShape<M['output']>> = {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (request) => Buffer.from(toBinary(input, request)),
    requestDeserialize: (bytes) => fromBinary(input, bytes) as MessageShape<M['input']>,
    responseSerialize: (response) => Buffer.from(toBinary(output, response)),
    responseDeserialize: (bytes) => fromBinary(output, bytes) as MessageShape<M['output']>,
  };
  const handler: grpc.handleUnaryCall<MessageShape<M['input']>, MessageShape<M['output']>> = (
    { request },
    callback,
  ) => {
    reply(request).then(
      (response) => callback(null, response),
      (error: grpc.ServiceError) => callback(error),
    );
  };
  server.addService({ [path]: definition }, { [path]: handler });
}
