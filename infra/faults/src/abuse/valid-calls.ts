import { randomUUID } from 'node:crypto';
import { CoreService } from '@core/contracts';
import { pause } from '@core/runtime';
import { grpcClient } from '@core/testing';
import type { AbuseStack } from './stack.ts';

const [NOT_FOUND, UNAVAILABLE] = [5, 14];

/** Calls of a well-behaved caller for a customer that does not exist. */
export interface ValidCalls extends Disposable {
  /** @throws Error when the answer differs from the expected one */
  overGrpc(): Promise<void>;
  overHttp(): Promise<void>;
}

export function openValidCalls({ grpcPort, httpPort, authorization }: AbuseStack): ValidCalls {
  const rpc = grpcClient(`127.0.0.1:${grpcPort}`, { metadata: { authorization } });
  const method = CoreService.method.getCustomerRFM;
  const merchantId = '018f4e1c-0000-7000-8000-00000000000a';
  const callOverGrpc = () =>
    rpc.unary(method, { merchantId, customerId: randomUUID() }).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
  const callOverHttp = async () => {
    const reply = await fetch(`http://127.0.0.1:${httpPort}/core.v1/GetCustomerRFM`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ merchantId, customerId: randomUUID() }),
    });
    await reply.text();
    return reply.status;
  };
  return {
    async overGrpc() {
      const code = await repeatWhile(UNAVAILABLE, callOverGrpc);
      if (code !== NOT_FOUND) throw new Error(`a valid call was answered with code ${code} over gRPC`);
    },
    async overHttp() {
      const status = await repeatWhile(503, callOverHttp);
      if (status !== 404) throw new Error(`a valid call was answered ${status} over HTTP`);
    },
    [Symbol.dispose]: () => rpc.close(),
  };
}

const TRIES = 60;

/**
 * Repeats a call that is answered "try again", as callers do, for about a minute: the stand-in of Auth shares
 * the suite's event loop, and the api allows it one second for an answer.
 */
async function repeatWhile(answer: number, call: () => Promise<number>): Promise<number> {
  for (let left = TRIES; ; left--) {
    const actual = await call();
    if (actual !== answer || left === 0) return actual;
    await pause(1_000);
  }
}
