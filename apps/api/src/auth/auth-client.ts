import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AuthService,
  ValidateMerchantRequestSchema,
  ValidateMerchantResponseSchema,
  type MerchantId,
} from '@core/contracts';
import * as grpc from '@grpc/grpc-js';
import type { AuthAddress } from '../config.ts';
import { pathOf } from '../paths.ts';

export interface AuthClient {
  /** @throws grpc.ServiceError */
  validateMerchant(merchantId: MerchantId): Promise<boolean>;
  close(): void;
}

const DEADLINE_MS = 1_000;
/** The literal path in the plan, for an Auth that serves only this one. */
const LITERAL_PATH = '/auth.v1/ValidateMerchant';

export function createAuthClient({ target, tls }: AuthAddress): AuthClient {
  const credentials = tls ? grpc.credentials.createSsl() : grpc.credentials.createInsecure();
  const client = new grpc.Client(target, credentials, {
    // The default backoff grows to two minutes. A recovered Auth would count as down for that long.
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 2_000,
  });
  let path = pathOf(AuthService.method.validateMerchant);

  const call = (merchantId: MerchantId, at: string): Promise<boolean> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        at,
        (id: string) =>
          Buffer.from(
            toBinary(
              ValidateMerchantRequestSchema,
              create(ValidateMerchantRequestSchema, { merchantId: id }),
            ),
          ),
        (bytes: Buffer) => fromBinary(ValidateMerchantResponseSchema, bytes),
        merchantId,
        { deadline: Date.now() + DEADLINE_MS },
        (error, reply) => (error || !reply ? reject(error ?? new Error('no reply')) : resolve(reply.valid)),
      );
    });

  return {
    async validateMerchant(merchantId) {
      try {
        return await call(merchantId, path);
      } catch (error) {
        if (path === LITERAL_PATH || (error as grpc.ServiceError).code !== grpc.status.UNIMPLEMENTED)
          throw error;
        const valid = await call(merchantId, LITERAL_PATH);
        path = LITERAL_PATH;
        return valid;
      }
    },
    close: () => client.close(),
  };
}
