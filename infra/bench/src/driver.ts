import { spawn } from 'node:child_process';

export interface DriverOptions {
  target: string;
  connections: number;
  /** Closed loop: calls at once. */
  inFlight?: number;
  /** Open loop: calls a second. */
  rate?: number;
  seconds: number;
  /** Seconds before the measured ones. */
  warmUp: number;
  customers: number;
  merchants: number;
  /** Ids of a BatchGetCustomerRFM; neither this nor `segment`: GetCustomerRFM. */
  batch?: number;
  /** First pages of ListCustomers by this segment, of the merchant after the last of `merchants`. */
  segment?: string;
  /** File with a bearer token a line: each call shows another one. */
  tokens?: string;
  /** Latencies are also told apart before and after this second. */
  split?: number;
}

/** Milliseconds, of the calls that were answered well. */
export interface Latencies {
  count: number;
  failed: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export interface DriverResult {
  /** Good answers. */
  perSecond: number;
  all: Latencies;
  before: Latencies;
  after: Latencies;
  /** One for each second, by when the call was due. */
  seconds: Latencies[];
  /** How often which gRPC code came instead. */
  errors: Record<string, number>;
  cpuSeconds: number;
}

/**
 * Runs the driver to its end.
 * @param signal ends it early, with an error
 * @param onMeasuring called when its warm-up is over
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
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (chunk.toString().includes('measuring')) onMeasuring();
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`the driver failed (${String(code)}): ${said}`);
  return JSON.parse(output) as DriverResult;
}
