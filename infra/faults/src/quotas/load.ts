import * as grpc from '@grpc/grpc-js';
import { CoreService } from '@core/contracts';
import { bearer, grpcClient, type GrpcClient } from '@core/testing';
import { REFUSED_WITHIN_MS } from './flooding.ts';

/** A caller that calls at a steady rate, regardless of the answers (open loop). */
export interface LoadCaller {
  /** Bearer token. */
  token: string;
  merchantId: string;
  customerId: string;
  perSecond: number;
  connections: number;
}

export interface LoadOptions {
  /** host:port of the gRPC port. */
  target: string;
  seconds: number;
  callers: LoadCaller[];
  /** Continues after `seconds` until this many calls are refused, for at most one minute. */
  refusals?: number;
}

export interface LoadResult {
  sent: number;
  answered: number;
  /** The number of RESOURCE_EXHAUSTED answers. */
  refused: number;
  /** The number of refusals whose trailers contain the retry delay. */
  withRetryInfo: number;
  /** The number of other codes, and of refusals without a retry delay, by message. */
  errors: Record<string, number>;
  /** The time from the first scheduled call to the last answer. */
  seconds: number;
  /** Latency of answered calls in milliseconds, from the time at which each was scheduled. */
  p50: number;
  p99: number;
}

const RETRY_INFO = Buffer.from('type.googleapis.com/google.rpc.RetryInfo');
const TICK_MS = 5;

const [, , argument] = process.argv;
if (argument) console.log(JSON.stringify(await run(JSON.parse(argument) as LoadOptions)));

async function run({ target, seconds, callers, refusals = 0 }: LoadOptions): Promise<LoadResult> {
  const result = { sent: 0, answered: 0, refused: 0, withRetryInfo: 0, errors: {} as Record<string, number> };
  const latencies: number[] = [];
  const clients: GrpcClient[] = [];

  const note = ({ code, details }: grpc.ServiceError) => {
    const what = `${grpc.status[code]}: ${details}`;
    result.errors[what] = (result.errors[what] ?? 0) + 1;
  };
  const count = (due: number, error?: grpc.ServiceError) => {
    result.sent++;
    if (!error) {
      result.answered++;
      latencies.push(performance.now() - due);
    } else if (error.code === grpc.status.RESOURCE_EXHAUSTED) {
      result.refused++;
      const [details] = error.metadata.get('grpc-status-details-bin');
      if (Buffer.isBuffer(details) && details.includes(RETRY_INFO)) result.withRetryInfo++;
      else note(error);
    } else note(error);
  };
  const ready = callers.map(({ token, merchantId, customerId, perSecond, connections }) => {
    const defaults = { channel: { 'grpc.use_local_subchannel_pool': 1 }, metadata: bearer(token) };
    const own = Array.from({ length: connections }, () => grpcClient(target, defaults));
    clients.push(...own);
    const send = async () => {
      const [client] = own;
      if (!client) throw new Error('a caller has at least one connection');
      own.push(...own.splice(0, 1)); // round robin
      return client.unary(CoreService.method.getCustomerRFM, { merchantId, customerId });
    };
    const call = (due: number) =>
      send().then(
        () => count(due),
        (error: grpc.ServiceError) => count(due, error),
      );
    return { send, call, perSecond, connections, due: 0 };
  });

  // Opens the connections, and fills the caches of tokens and merchants, before the measurement starts.
  for (const { send, connections } of ready) {
    for (let n = 0; n < connections; n++) await send().catch(() => undefined);
  }

  const pending = new Set<Promise<void>>();
  const begin = performance.now();
  let end = begin + seconds * 1_000;
  const last = end + REFUSED_WITHIN_MS;
  // Each caller starts at another phase of its interval; otherwise all would call at once.
  ready.forEach(
    (caller, n) => (caller.due = begin + ((n + 1) * 1_000) / caller.perSecond / (ready.length + 1)),
  );
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      if (result.refused < refusals) end = Math.min(last, Math.max(end, now + TICK_MS));
      for (const caller of ready) {
        for (; caller.due <= now && caller.due < end; caller.due += 1_000 / caller.perSecond) {
          const calling = caller.call(caller.due);
          pending.add(calling);
          void calling.then(() => pending.delete(calling));
        }
      }
      if (now < end) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  await Promise.all(pending);
  for (const client of clients) client.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return {
    ...result,
    seconds: (performance.now() - begin) / 1_000,
    p50: at(0.5) ?? NaN,
    p99: at(0.99) ?? NaN,
  };
}
