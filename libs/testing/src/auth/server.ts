import { promisify } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AuthService,
  readUuid,
  ValidateMerchantRequestSchema,
  ValidateMerchantResponseSchema,
} from '@core/contracts';
import type { ValidateMerchantRequest, ValidateMerchantResponse } from '@core/contracts';
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

const PATHS = {
  service: `/${AuthService.typeName}/${AuthService.method.validateMerchant.name}`,
  literal: '/auth.v1/ValidateMerchant',
};

type Method = grpc.MethodDefinition<ValidateMerchantRequest, ValidateMerchantResponse>;
type Call = grpc.ServerUnaryCall<ValidateMerchantRequest, ValidateMerchantResponse>;

/** Starts a stand-in for Auth: every UUID is a valid merchant, except UUIDs that start with ffffffff. */
export async function startAuthStandIn(options: AuthStandInOptions = {}): Promise<AuthStandIn> {
  const { port = 0, host = '127.0.0.1', paths = 'both', delayMs = 0 } = options;
  let calls = 0;
  let down = false;
  const validate = async ({ request: { merchantId } }: Call): Promise<ValidateMerchantResponse> => {
    calls += 1;
    if (delayMs > 0) await wait(delayMs);
    if (down) throw failure(grpc.status.UNAVAILABLE, 'auth is down');
    const merchant = readUuid(merchantId);
    if (merchant === null) throw failure(grpc.status.INVALID_ARGUMENT, 'merchant_id must be a UUID');
    return create(ValidateMerchantResponseSchema, { valid: !merchant.startsWith('ffffffff') });
  };
  const handler: grpc.handleUnaryCall<ValidateMerchantRequest, ValidateMerchantResponse> = (
    call,
    callback,
  ) => {
    validate(call).then(
      (response) => callback(null, response),
      (error: grpc.ServiceError) => callback(error),
    );
  };

  const server = new grpc.Server();
  for (const name of ['service', 'literal'] as const) {
    if (paths === name || paths === 'both')
      server.addService({ [name]: method(PATHS[name]) }, { [name]: handler });
  }
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

function method(path: string): Method {
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (request) => Buffer.from(toBinary(ValidateMerchantRequestSchema, request)),
    requestDeserialize: (bytes) => fromBinary(ValidateMerchantRequestSchema, bytes),
    responseSerialize: (response) => Buffer.from(toBinary(ValidateMerchantResponseSchema, response)),
    responseDeserialize: (bytes) => fromBinary(ValidateMerchantResponseSchema, bytes),
  };
}
