import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { AuthService, readMerchantId, type MerchantId } from '@core/contracts';
import { CoreError } from '@core/runtime';
import * as grpc from '@grpc/grpc-js';
import type { AuthAddress } from '../config.ts';
import { pathOf } from '../paths.ts';

export interface AuthClient {
  /** @throws grpc.ServiceError */
  validateMerchant(merchantId: MerchantId): Promise<boolean>;
  /**
   * Returns the merchant that signed up with a shop; null when Auth knows none, or does not know shops.
   * @throws CoreError unavailable
   */
  resolveShop(shop: string): Promise<MerchantId | null>;
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
  const call = <I extends DescMessage, O extends DescMessage>(
    { input, output }: { input: I; output: O },
    path: string,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        (init: MessageInitShape<I>) => Buffer.from(toBinary(input, create(input, init))),
        (bytes: Buffer) => fromBinary(output, bytes),
        request,
        { deadline: Date.now() + DEADLINE_MS },
        (error, reply) => (error || !reply ? reject(error ?? new Error('no reply')) : resolve(reply)),
      );
    });
  const { validateMerchant, resolveShop } = AuthService.method;
  let path = pathOf(validateMerchant);

  return {
    async validateMerchant(merchantId) {
      try {
        return (await call(validateMerchant, path, { merchantId })).valid;
      } catch (error) {
        if (path === LITERAL_PATH || codeOf(error) !== grpc.status.UNIMPLEMENTED) throw error;
        const { valid } = await call(validateMerchant, LITERAL_PATH, { merchantId });
        path = LITERAL_PATH;
        return valid;
      }
    },
    async resolveShop(shop) {
      try {
        const { merchantId } = await call(resolveShop, pathOf(resolveShop), { shop });
        return readMerchantId(merchantId);
      } catch (error) {
        const code = codeOf(error);
        if (code === grpc.status.NOT_FOUND || code === grpc.status.UNIMPLEMENTED) return null;
        throw new CoreError('unavailable', 'Auth cannot tell which merchant has the shop; try again', {
          cause: error,
        });
      }
    },
    close: () => client.close(),
  };
}

const codeOf = (error: unknown) => (error as grpc.ServiceError).code;
