import { create, toBinary } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { BatchGetCustomerRFMRequestSchema, CoreService } from '@core/contracts';
import { readerOf } from '@core/db';
import { grpcClient } from '@core/testing';
import type { Deps } from '../src/rpc-context/context.ts';
import { LARGEST_REPLY } from '../src/rpc-context/message-size.ts';
import { ids, openBareServers, type BareServers } from './bare-servers.ts';
import { failure, post } from './support.ts';

const PATH = '/core.v1.CoreService/BatchGetCustomerRFM';
const request = { merchantId: ids.merchantId, customerIds: [ids.customerId] };

/** Clients retry RESOURCE_EXHAUSTED, but this reply is too large each time. */
describe('a reply above the maximum size', () => {
  let servers: BareServers;
  beforeAll(async () => {
    const score = {
      recency: 1,
      frequency: 1,
      monetary: 1,
      score: '111',
      segment: 'x'.repeat(LARGEST_REPLY),
      as_of: '2026-01-01T00:00:00Z',
    };
    const reads = { reader: () => readerOf(async () => [{ found: true, score }] as never[]) };
    servers = await openBareServers({ deps: { reads: reads as unknown as Deps['reads'] } });
  });
  afterAll(() => servers.stop());

  const message = /^the reply has \d+ bytes, more than the maximum of 4194304: request less/;

  it('is FAILED_PRECONDITION by gRPC', async () => {
    const rpc = grpcClient(`127.0.0.1:${servers.grpcPort}`);
    const refusal = await failure(rpc.unary(CoreService.method.batchGetCustomerRFM, request));
    rpc.close();
    expect(refusal.code).toBe(grpc.status.FAILED_PRECONDITION);
    expect(refusal.details).toMatch(message);
  });

  it('is failed_precondition by JSON', async () => {
    const { status, body } = await post(servers.url + PATH, request);
    expect(status).toBe(400);
    expect(body).toEqual({ code: 'failed_precondition', message: expect.stringMatching(message) });
  });

  it('is FAILED_PRECONDITION by gRPC-Web', async () => {
    const bytes = toBinary(
      BatchGetCustomerRFMRequestSchema,
      create(BatchGetCustomerRFMRequestSchema, request),
    );
    const reply = await fetch(servers.url + PATH, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc-web+proto' },
      body: Buffer.concat([Buffer.from([0, 0, 0, 0, bytes.length]), bytes]),
    });
    const status = reply.headers.get('grpc-status') ?? /grpc-status: *(\d+)/.exec(await reply.text())?.[1];
    expect(Number(status)).toBe(grpc.status.FAILED_PRECONDITION);
  });
});
