import * as grpc from '@grpc/grpc-js';
import { ImportService } from '@core/contracts';
import { bearer, grpcClient, merchantIdOf, type GrpcClient } from '@core/testing';
import { eventually } from '../eventually.ts';
import type { QuotaStack } from './stack.ts';

export interface Watches {
  open(): number;
  refused(): number;
  withRetryInfo(): number;
  /** Codes and details of the watches that ended in another way. */
  errors: string[];
  close(): void;
}

/** Opens `each` watches of one import on each of `connections`; resolves when all are open or refused. */
export async function openWatches(
  { given, target, token }: Pick<QuotaStack, 'given' | 'target' | 'token'>,
  { connections, each, merchant }: { connections: number; each: number; merchant: number },
): Promise<Watches> {
  const merchantId = merchantIdOf(merchant);
  const ref = { merchantId, importId: await given.aRun({ merchantId }) };
  const callOptions = { metadata: bearer(token('shop', merchantId)) };
  const clients: GrpcClient[] = [];
  const open = new Set<number>();
  const errors: string[] = [];
  let [refused, withRetryInfo, closed] = [0, 0, false];

  const watch = async (client: GrpcClient, n: number) => {
    try {
      const snapshots = client.stream(ImportService.method.watchCustomerImport, ref, callOptions);
      for await (const { customerImport } of snapshots) if (customerImport) open.add(n);
    } catch (error) {
      const { code, details, metadata } = error as grpc.ServiceError;
      if (closed) return;
      open.delete(n);
      if (code !== grpc.status.RESOURCE_EXHAUSTED)
        return void errors.push(`${grpc.status[code] ?? String(error)}: ${details}`);
      refused++;
      if (metadata.get('grpc-status-details-bin').length === 1) withRetryInfo++;
    }
  };
  // The stand-in of Auth shares this process with the clients: it is queried before they keep the process
  // busy.
  const first = grpcClient(target);
  clients.push(first);
  await first.unary(ImportService.method.getCustomerImport, ref, callOptions);
  for (let n = 0; n < connections; n++) {
    const client = grpcClient(target, { channel: { 'grpc.use_local_subchannel_pool': 1 } });
    clients.push(client);
    for (let m = 0; m < each; m++) void watch(client, n * each + m);
  }
  const all = connections * each;
  await eventually('all watches to be open or refused', () => open.size + refused + errors.length >= all);
  return {
    open: () => open.size,
    refused: () => refused,
    withRetryInfo: () => withRetryInfo,
    errors,
    close() {
      closed = true;
      for (const client of clients) client.close();
    },
  };
}
