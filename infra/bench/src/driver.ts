import { spawn } from 'node:child_process';

export interface DriverOptions {
  target: string;
  connections: number;
  /** Closed loop: concurrent calls. */
  inFlight?: number;
  /** Open loop: calls per second. */
  rate?: number;
  seconds: number;
  /** Warm-up before the measured time, in seconds. */
  warmUp: number;
  customers: number;
  merchants: number;
  /** Ids per BatchGetCustomerRFM. Without this and `segment`, the driver calls GetCustomerRFM. */
  batch?: number;
  /**
   * Calls ListCustomers for the first page of this segment, for the merchant after the last of `merchants`.
   */
  segment?: string;
  /** File with one bearer token per line. Each call sends a random one. */
  tokens?: string;
  /** Latencies are also reported separately before and after this second. */
  split?: number;
}

/** Latencies of the successful calls, in milliseconds. */
export interface Latencies {
  count: number;
  failed: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export interface DriverResult {
  /** Successful calls per second. */
  perSecond: number;
  all: Latencies;
  before: Latencies;
  after: Latencies;
  /** One entry for each second in which calls were due. */
  seconds: Latencies[];
  /** The number of failed calls by gRPC code. */
  errors: Record<string, number>;
  cpuSeconds: number;
}

/**
 * Runs the driver until it ends.
 * @param signal aborts the driver, with an error
 * @param onMeasuring called when the warm-up has ended
 */
export async function drive(
  driver: string,
  options: DriverOptions,
  signal: AbortSignal,
  onMeasuring: () => void = () => undefined,
): Promise<DriverResult> {
  const flags = Object.entries(options).map(
    ([name, value]) => `-${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}=${value}`,
  );
  const child = spawn(driver, flags, { signal, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    if (chunk.toString().includes('measuring')) onMeasuring();
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`the driver failed (${String(code)}): ${stderr}`);
  return JSON.parse(output) as DriverResult;
}
