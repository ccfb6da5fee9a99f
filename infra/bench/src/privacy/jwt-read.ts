import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { merchantIdOf } from '@core/testing';
import { drive } from '../driver.ts';
import { measure, type Measured } from '../rounds.ts';
import type { SuiteOptions } from '../suite.ts';
import type { PrivacyStack } from './open-stack.ts';

/** The number of tokens that the callers send in random order. */
export const TOKENS = 1_000;

export type JwtSeries = 'get_with_jwt' | 'get_without';

/**
 * Returns GetCustomerRFM of an api that checks tokens, and of one that checks none. Both receive the same
 * tokens, so that only the check differs.
 */
export async function jwtSeries(
  { stack, databasePid }: PrivacyStack,
  dir: string,
  driver: string,
  customers: number,
  { seconds, warmUp, signal }: Pick<SuiteOptions, 'seconds' | 'warmUp' | 'signal'>,
): Promise<Record<JwtSeries, () => Promise<Measured>>> {
  const { issuer } = stack;
  const tokens = join(dir, 'tokens');
  const bearerTokens = Array.from({ length: TOKENS }, (_, n) =>
    issuer.token({ sub: `service-${n}`, scope: 'rfm:read', merchant_id: merchantIdOf(1) }),
  );
  writeFileSync(tokens, bearerTokens.join('\n'), { mode: 0o600 });
  const load = async (name: string, env: NodeJS.ProcessEnv) => {
    const api = await stack.start('api', { name, env: { ...env, LOG_LEVEL: 'fatal' } });
    const flags = { target: api.target, connections: 8, inFlight: 128, merchants: 1, customers, tokens };
    return () =>
      measure([api.child.pid], [databasePid], async (onMeasuring) => {
        const load = { ...flags, seconds, warmUp };
        const { all, perSecond, cpuSeconds, errors } = await drive(driver, load, signal, onMeasuring);
        const { count: operations, p50, p99 } = all;
        return { perSecond, operations, driverCpuSeconds: cpuSeconds, p50, p99, errors };
      });
  };
  return { get_with_jwt: await load('api-jwt', issuer.env), get_without: await load('api-open', {}) };
}
