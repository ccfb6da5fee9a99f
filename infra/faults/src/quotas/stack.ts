import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { startStack, type Given } from '@core/stack';
import { customerIdOf, fromSources, merchantIdOf, seedCustomers } from '@core/testing';
import type { FloodOptions, FloodResult } from './flood.ts';
import { FLOODING } from './flooding.ts';
import type { LoadCaller, LoadOptions, LoadResult } from './load.ts';

export interface QuotaStack extends AsyncDisposable {
  target: string;
  given: Given;
  token(caller: string, merchantId?: string): string;
  /** Returns a caller that reads scores of the n-th merchant, counted from 1. */
  reader(caller: { name: string; merchant: number; bound?: boolean; perSecond: number }): LoadCaller;
  /** Runs a load in a separate process: the work of one driver must not delay the calls of another. */
  load(callers: LoadCaller[], seconds: number, until?: Pick<LoadOptions, 'refusals'>): Promise<LoadResult>;
  /**
   * Calls without regard to refusals, in a separate process. `work` starts once the flood is refused, and the
   * flood stops when `work` is done: with a fixed duration, a process that starts slowly would start after
   * the flood.
   */
  flood<T>(caller: LoadCaller, work: () => Promise<T>): Promise<[FloodResult, T]>;
}

export const MERCHANTS = 8;
/** Connections of each caller of a load; more than processes, so that every process has some. */
const CONNECTIONS = 4;

/** Starts an api of two processes with the given quotas, its database and an Auth. */
export async function openQuotaStack(quotas: Record<string, string>): Promise<QuotaStack> {
  await using started = new AsyncDisposableStack();
  const stack = started.use(await startStack({ postgres: {}, auth: {} }));
  const { database, issuer } = stack;
  await seedCustomers(database.urlFor('core_owner'), { customers: MERCHANTS * 10, merchants: MERCHANTS });
  const env = { ...issuer.env, CORE_API_PROCESSES: '2', CORE_DB_POOL: '4', ...quotas };
  const { target } = await stack.start('api', { env });
  const token: QuotaStack['token'] = (sub, merchantId) =>
    issuer.token({ sub, ...(merchantId ? { merchant_id: merchantId } : {}) });
  const stops = started.move();
  return {
    target,
    given: stack.given,
    token,
    reader({ name, merchant, bound = false, perSecond }) {
      const merchantId = merchantIdOf(merchant);
      const customerId = customerIdOf(merchant - 1);
      const bearerToken = token(name, bound ? merchantId : undefined);
      return { token: bearerToken, merchantId, customerId, perSecond, connections: CONNECTIONS };
    },
    load: (callers, seconds, until) =>
      drive<LoadResult>('load.ts', { target, callers, seconds, ...until } satisfies LoadOptions).result,
    async flood(caller, work) {
      const driver = drive<FloodResult>('flood.ts', { target, caller } satisfies FloodOptions);
      await Promise.race([driver.says(FLOODING), driver.result]);
      const done = await work().finally(() => driver.end());
      return [await driver.result, done];
    },
    [Symbol.asyncDispose]: () => stops.disposeAsync(),
  };
}

interface Driver<Result> {
  /** Rejects when the driver fails. */
  result: Promise<Result>;
  /** Resolves when the driver prints the line. */
  says(line: string): Promise<void>;
  /** Ends its standard input. */
  end(): void;
}

/** @param driver the program, whose last line is its result */
function drive<Result>(driver: string, options: object): Driver<Result> {
  const run = fromSources(`infra/faults/src/quotas/${driver}`, JSON.stringify(options));
  const child = spawn(process.execPath, run.args, {
    env: { PATH: process.env['PATH'], ...run.env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  let last = '';
  lines.on('line', (line) => (last = line));
  return {
    result: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        if (code === 0) resolve(JSON.parse(last) as Result);
        else reject(new Error(`the driver ${driver} has ended with exit code ${code}`));
      });
    }),
    says: (wanted) =>
      new Promise((resolve) => lines.on('line', (line) => (line === wanted ? resolve() : undefined))),
    end: () => void child.stdin.end(),
  };
}
