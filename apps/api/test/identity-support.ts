import { randomUUID } from 'node:crypto';
import type { MessageInitShape, DescMessage } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { ImportMode, ImportSource, RfmMethod } from '@core/contracts';
import { DEV_ACCESS_TOKEN } from '@core/shopify-stand-in';
import type { GrpcClient } from '@core/testing';
import type { Method } from '../src/method.ts';
import { drain } from './support.ts';

type Request = MessageInitShape<DescMessage>;

/**
 * Calls a method of the table with headers; throws an error with gRPC's or Connect's code, which have the
 * same numbers.
 */
export type Call = (method: Method, request: Request, headers: Record<string, string>) => Promise<unknown>;

export const byGrpc =
  (rpc: GrpcClient): Call =>
  (method, request, metadata) =>
    method.kind === 'unary'
      ? rpc.unary(method.desc, request as never, { metadata })
      : drain(rpc.stream(method.desc, request as never, { metadata }));

/** @param useHttpGet for the methods that allow it; the others use POST */
export const byConnect = (baseUrl: string, useHttpGet = false): Call => {
  const transport = createConnectTransport({ baseUrl, httpVersion: '1.1', useHttpGet });
  return async (method, request, headers) => {
    const client = createClient(method.desc.parent, transport) as unknown as Record<string, unknown>;
    const call = client[method.desc.localName] as (request: Request, options: object) => unknown;
    const reply = call(request, { headers });
    return method.kind === 'unary' ? reply : drain(reply as AsyncIterable<unknown>);
  };
};

/** Returns the code and message of a call, code 0 when it succeeded. */
export const outcome = (call: Promise<unknown>): Promise<{ code: number; message: string }> =>
  call.then(
    () => ({ code: 0, message: '' }),
    (error: { code: number; message: string }) => ({ code: error.code, message: error.message }),
  );

/** Fields by the names that they have in every request, each well-formed. */
const FIELDS: Record<string, () => unknown> = {
  customerId: randomUUID,
  customerIds: () => [randomUUID(), randomUUID()],
  importId: randomUUID,
  requestId: randomUUID,
  email: () => `p-${randomUUID()}@example.com`,
  shop: () => `s-${randomUUID()}.myshopify.com`,
  newShop: () => `n-${randomUUID()}.myshopify.com`,
  accessToken: () => DEV_ACCESS_TOKEN,
  source: () => ImportSource.REST,
  mode: () => ImportMode.FULL,
  cron: () => '0 3 * * *',
  timeZone: () => 'Europe/Berlin',
  rfmThresholds: () => ({
    scale: 5,
    method: RfmMethod.FIXED,
    recencyDays: [1, 2, 3, 4],
    frequencyOrders: [1, 2, 3, 4],
    monetaryAmount: [1, 2, 3, 4],
    windowDays: 365,
    fallbackSegment: 'OTHERS',
  }),
};

/** Returns a request that passes validation, with unknown ids except those in `known`. */
export const sampleOf = (method: Method, known: Record<string, unknown> & { merchantId: string }): Request =>
  Object.fromEntries(
    method.desc.input.fields.flatMap(({ localName }) => {
      const value = known[localName] ?? FIELDS[localName]?.();
      return value === undefined ? [] : [[localName, value]];
    }),
  );
