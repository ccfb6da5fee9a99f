import { spawn } from 'node:child_process';

export interface DriverOptions {
  target: string;
  connections: number;
  /** Closed loop: calls at once. */
  inFlight?: number;
  /** Open loop: calls a second. */
  rate?: number;
  seconds: number;
  customers: number;
  merchants: number;
  /** Ids of a BatchGetCustomerRFM; none: GetCustomerRFM. */
  batch?: number;
  /** Latencies are also told apart before and after this second. */
  split?: number;
}

/** Milliseconds. */
export interface Latencies {
  Count: number;
  P50: number;
  P95: number;
  P99: number;
  Max: number;
}

export interface DriverResult {
  /** Good answers. */
  perSecond: number;
  all: Latencies;
  before: Latencies;
  after: Latencies;
  /** How often which gRPC code came instead. */
  errors: Record<string, number>;
  cpuSeconds: number;
}

/**
 * Runs the driver to its end.
 * @param onMeasuring called when its warm-up is over
 */
export async function drive(
  driver: string,
  options: DriverOptions,
  onMeasuring: () => void = () => undefined,
): Promise<DriverResult> {
  const flags = Object.entries(options).map(
    ([name, value]) => `-${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}=${value}`,
  );
  const child = spawn(driver, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (chunk.toString().includes('measuring')) onMeasuring();
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the driver failed (${String(code)}): ${said}`);
  return JSON.parse(output) as DriverResult;
}
