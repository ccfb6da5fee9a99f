import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Pool } from 'pg';
import {
  createIssuer,
  customerIdOf,
  endPool,
  makeServicesDir,
  merchantIdOf,
  removeServicesDir,
  seedCustomers,
  startApi,
  workspaceRoot,
} from '@core/testing';
import { openApiDatabase } from '../api-database.ts';
import type { FloodOptions, FloodResult } from './flood.ts';
import type { LoadCaller, LoadOptions, LoadResult } from './load.ts';

export interface QuotaStack {
  target: string;
  owner: Pool;
  token(caller: string, merchantId?: string): string;
  /** Reads scores of the n-th merchant, counted from 1. */
  reader(caller: { name: string; merchant: number; bound?: boolean; perSecond: number }): LoadCaller;
  /** Runs in its own process: the work of one driver must not delay the calls of another. */
  load(callers: LoadCaller[], seconds: number): Promise<LoadResult>;
  /** Calls without regard to refusals, in a process of its own. */
  flood(caller: LoadCaller, seconds: number): Promise<FloodResult>;
  close(): Promise<void>;
}

export const MERCHANTS = 8;
/** Connections of each caller of a load; more than processes, so that every process has some. */
const CONNECTIONS = 4;

/** An api of two processes with the given quotas, its database and an Auth. */
export async function openQuotaStack(quotas: Record<string, string>): Promise<QuotaStack> {
  const dir = makeServicesDir();
  const closing: (() => Promise<unknown> | unknown)[] = [() => removeServicesDir(dir)];
  const close = async () => {
    for (let next = closing.pop(); next; next = closing.pop()) await next();
  };
  try {
    const { ownerUrl, on } = await openApiDatabase(dir, closing);
    await seedCustomers(ownerUrl, { customers: MERCHANTS * 10, merchants: MERCHANTS });
    const owner = new Pool({ connectionString: ownerUrl, max: 2 });
    closing.push(() => endPool(owner));
    const issuer = createIssuer();
    const env = { ...issuer.env, CORE_API_PROCESSES: '2', CORE_DB_POOL: '4', ...quotas };
    const { child, target } = await startApi(dir, on, env);
    closing.push(() => child.stop());

    const token: QuotaStack['token'] = (sub, merchantId) =>
      issuer.token({ sub, ...(merchantId ? { merchant_id: merchantId } : {}) });
    return {
      target,
      owner,
      token,
      reader({ name, merchant, bound = false, perSecond }) {
        const merchantId = merchantIdOf(merchant);
        const customerId = customerIdOf(merchant - 1);
        const shown = token(name, bound ? merchantId : undefined);
        return { token: shown, merchantId, customerId, perSecond, connections: CONNECTIONS };
      },
      load: (callers, seconds) =>
        drive<LoadResult>('load.ts', { target, callers, seconds } satisfies LoadOptions),
      flood: (caller, seconds) =>
        drive<FloodResult>('flood.ts', { target, caller, seconds } satisfies FloodOptions),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param driver the program that prints its result */
function drive<Result>(driver: string, options: object): Promise<Result> {
  const file = join(workspaceRoot(), 'infra/faults/src/quotas', driver);
  const child = spawn(process.execPath, [file, JSON.stringify(options)], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(said) as Result);
      else reject(new Error(`the driver ${driver} has ended with exit code ${code}`));
    });
  });
}
