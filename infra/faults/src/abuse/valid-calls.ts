import { randomUUID } from 'node:crypto';
import { CoreService } from '@core/contracts';
import { grpcClient } from '@core/testing';
import type { AbuseStack } from './stack.ts';

const NOT_FOUND = 5;

/** Calls of a well-behaved caller for a customer that does not exist. */
export interface ValidCalls {
  /** @throws Error when the answer differs from the expected one */
  overGrpc(): Promise<void>;
  overHttp(): Promise<void>;
  close(): void;
}

export function openValidCalls({ grpcPort, httpPort, authorization }: AbuseStack): ValidCalls {
  const rpc = grpcClient(`127.0.0.1:${grpcPort}`, { metadata: { authorization } });
  const method = CoreService.method.getCustomerRFM;
  const merchantId = '018f4e1c-0000-7000-8000-00000000000a';
  return {
    async overGrpc() {
      const request = { merchantId, customerId: randomUUID() };
      const code = await rpc.unary(method, request).then(
        () => 0,
        (error: { code: number }) => error.code,
      );
      if (code !== NOT_FOUND) throw new Error(`a valid call was answered with code ${code} over gRPC`);
    },
    async overHttp() {
      const reply = await fetch(`http://127.0.0.1:${httpPort}/core.v1/GetCustomerRFM`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ merchantId, customerId: randomUUID() }),
      });
      await reply.text();
      if (reply.status !== 404) throw new Error(`a valid call was answered ${reply.status} over HTTP`);
    },
    close: () => rpc.close(),
  };
}
