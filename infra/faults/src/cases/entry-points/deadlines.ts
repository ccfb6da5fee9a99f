import { connect } from 'node:http2';
import { bearer } from '@core/testing';
import type { FieldStack } from '../../field/stack.ts';
import type { EntryPoint } from '../case.ts';
import { callApi } from './connect-calls.ts';

/** The header of a call, and its value. */
export type Deadline = readonly [name: 'grpc-timeout' | 'connect-timeout-ms', value: string];

export const deadlines: EntryPoint<Deadline> = {
  name: 'deadline',
  show: ([name, value]) => `${name}: ${value}`,
  send: (stack, inputs) =>
    Promise.all(
      inputs.map(async ([name, value]) => {
        const { merchantId } = await stack.newShop();
        if (name === 'grpc-timeout') return callGrpc(stack, merchantId, value);
        const headers = { ...bearer(stack.issuers[0].token()), [name]: value };
        const body = JSON.stringify({ merchantId });
        return (await callApi(stack, 'GetProgramSettings', body, headers)).code ?? 'answered';
      }),
    ),
};

/**
 * Calls without a client library: each library writes the header in its own units, and has its own limits.
 */
async function callGrpc(
  { grpcPort, issuers }: FieldStack,
  merchantId: string,
  timeout: string,
): Promise<string> {
  const session = connect(`http://127.0.0.1:${grpcPort}`);
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/core.v1.CoreService/GetProgramSettings',
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': timeout,
      ...bearer(issuers[0].token()),
    });
    const message = Buffer.concat([Buffer.from([0x0a, merchantId.length]), Buffer.from(merchantId)]);
    const status = new Promise<string>((resolve, reject) => {
      stream.on('error', reject);
      for (const event of ['response', 'trailers'] as const) {
        stream.on(event, (headers: Record<string, unknown>) => {
          const code = headers['grpc-status'];
          if (code !== undefined) resolve(code === '0' ? 'answered' : `status ${String(code)}`);
        });
      }
    });
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
    stream.resume();
    return await status;
  } finally {
    session.destroy();
  }
}
