import { join } from 'node:path';
import { makeServicesDir, removeServicesDir } from '@core/testing';
import { ensureSystem } from '../bundles.ts';
import { describeMachine } from '../describe-machine.ts';
import { buildGo, readGoVersion } from '../go-tools.ts';
import { measureRounds } from '../rounds.ts';
import type { Report, SuiteOptions } from '../suite.ts';
import { createSeries, WRITERS } from './create-overhead.ts';
import { jwtSeries, TOKENS } from './jwt-read.ts';
import { openPrivacyStack } from './open-stack.ts';
import { reportPrivacy } from './report-privacy.ts';
import { READS, rotationSeries } from './rotation.ts';

/** A quick run only shows that the suite works. */
const [CUSTOMERS, QUICK] = [1_000_000, 20_000];

/**
 * Measures the cost of encryption, blind index, audit and outbox per write, and of a key rotation for
 * concurrent reads.
 */
export async function benchPrivacy(options: SuiteOptions): Promise<Report> {
  const { rounds, seconds, warmUp, say, stops, signal } = options;
  const customers = warmUp > 1 ? CUSTOMERS : QUICK;
  const dir = stops.adopt(makeServicesDir(), removeServicesDir);
  await ensureSystem(['go'], signal);
  say('building the driver');
  const { driver } = await buildGo(join(dir, 'go'), signal);
  const stack = await openPrivacyStack(dir, customers, options);
  const { series: reads, rotated } = rotationSeries(stack, customers, 2 * seconds);
  const jwt = await jwtSeries(stack, dir, driver, customers, options);
  const series = { ...createSeries(stack, seconds), ...jwt, ...reads };
  say('warming up');
  for (const each of Object.values(series)) await each();
  const clean = await measureRounds(series, rounds, say);
  say(`rotated ${rotated.rows} emails, ${Math.round(rotated.rows / rotated.seconds)}/s`);
  const machine = { ...(await describeMachine(stack.ownerUrl)), go: readGoVersion() };
  const settings = {
    customers,
    writers: WRITERS,
    tokens: TOKENS,
    reads_per_second: READS,
    rounds: clean.length,
    seconds,
  };
  return reportPrivacy({ clean, rotated, machine, settings });
}
