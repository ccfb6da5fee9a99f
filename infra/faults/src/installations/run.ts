import { createChoices } from '../requests/choices.ts';
import { reportProgress } from '../report-progress.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import { finish } from './finish.ts';
import { aLife } from './life.ts';
import { live } from './live.ts';
import { MUTANTS } from './mutants.ts';
import { runMutants } from './run-mutants.ts';
import { plantSecrets } from './secrets/plant-secrets.ts';
import { openInstallationStack, type InstallationStack } from './stack.ts';
import { describeLife, type Life } from './steps.ts';
import { newSubject, type Subject } from './subject.ts';
import { tableOf } from './table.ts';

const IN_LONG = 1_000;
const IN_SHORT = 24;
const AT_ONCE = 48;

/**
 * How long after an uninstall was applied a request to the shop may arrive. The short form runs next to other
 * specs.
 */
const LATE_AFTER_MS = { long: 2_000, short: 20_000 };

const MAX_SHOWN = 20;

/** Shopify's clock is some seconds before or behind ours: as much as its session tokens permit. */
const MAX_SKEW_MS = 4_000;

/**
 * Lives the lives of many shops at the same time, from the first installation of the app to the last
 * uninstall. Webhooks arrive in every order in which Shopify may deliver them, and the hours between them
 * pass: see passTime. Then shows that the checks report each mutant of the service, and find secrets in every
 * place.
 *
 * Between an uninstall and the next installation a second passes, because Shopify's Date counts in seconds.
 */
export async function runInstallations({
  short,
  seed,
  only,
  count = short ? IN_SHORT : IN_LONG,
  say,
  signal,
}: FaultRunOptions): Promise<FaultRun> {
  say(`seed ${seed}`);
  const skewMs = createChoices(seed).below(2 * MAX_SKEW_MS) - MAX_SKEW_MS;
  await using stack = await openInstallationStack(say, { skewMs, signal });
  const lateAfterMs = short ? LATE_AFTER_MS.short : LATE_AFTER_MS.long;
  const scenarios: [string, () => Promise<string[]>][] = [
    [`${count} lives of shops`, () => runLives(stack, { seed, count, lateAfterMs, say, signal })],
    [`the checks report ${MUTANTS.length} mutants`, () => runMutants(stack, LATE_AFTER_MS, signal)],
    ['secrets are found where they are planted', () => plantSecrets(stack, say, signal)],
  ];
  const result = { passed: 0, failed: 0 };
  for (const [name, run] of scenarios.filter(([name]) => !only || name.includes(only))) {
    signal.throwIfAborted();
    const started = performance.now();
    const violations = await run();
    for (const child of stack.processes().filter((one) => !one.alive()))
      violations.push(`the ${child.name} has exited: ${await child.exited}`);
    result[violations.length === 0 ? 'passed' : 'failed']++;
    const seconds = Math.round((performance.now() - started) / 1_000);
    say(`${violations.length === 0 ? 'ok    ' : 'FAILED'} ${name}, in ${seconds} s`);
    for (const violation of violations) say(`       ${violation}`);
  }
  return result;
}

interface Lives extends Pick<FaultRunOptions, 'seed' | 'say' | 'signal'> {
  count: number;
  lateAfterMs: number;
}

/** @returns the problems of each life, with the seed that lives it again */
async function runLives(
  stack: InstallationStack,
  { seed, count, lateAfterMs, say, signal }: Lives,
): Promise<string[]> {
  const lives: { subject: Subject; life: Life; seed: number }[] = [];
  const report = reportProgress(say);
  let done = 0;
  const loop = async () => {
    while (lives.length < count) {
      const own = (seed + lives.length) % 2 ** 32;
      const choices = createChoices(own);
      const life = aLife(choices);
      const domain = `life-${own}.myshopify.com`;
      const subject = newSubject(stack, { domain, customers: 5 + choices.below(60) });
      lives.push({ subject, life, seed: own });
      await live(stack, subject, life, signal);
      done++;
      report(() => `${done} of ${count} lives`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, loop));
  const subjects = lives.map(({ subject }) => subject);
  const { late, everywhere } = await finish(stack, subjects, { lateAfterMs: () => lateAfterMs, say });
  for (const line of await tableOf(stack, subjects, late)) say(`info   ${line}`);
  const failed = lives.filter(({ subject }) => subject.problems.length > 0);
  const violations = failed
    .slice(0, MAX_SHOWN)
    .flatMap(({ subject: { problems }, life, seed: own }) => [
      `--seed ${own} --count 1: ${describeLife(life)}`,
      ...problems.map(({ kind, says }) => `  ${kind}: ${says}`),
    ]);
  if (failed.length > MAX_SHOWN) violations.push(`and ${failed.length - MAX_SHOWN} more lives`);
  return [...violations, ...everywhere];
}
