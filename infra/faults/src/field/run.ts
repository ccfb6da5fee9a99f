import { createChoices } from '../requests/choices.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import { reportProgress } from '../report-progress.ts';
import { createTally, type FieldFormat } from './format.ts';
import { gdprRequestCreated } from './gdpr-request/format.ts';
import { shopifyPages } from './pages/run.ts';
import { rfmUpdated } from './rfm-updated/format.ts';
import { openFieldStack, type FieldStack } from './stack.ts';
import { startControlTraffic } from './webhooks/start-control-traffic.ts';
import { customerWebhooks } from './webhooks/run.ts';

const FORMATS: FieldFormat[] = [rfmUpdated, gdprRequestCreated, customerWebhooks, shopifyPages];

const IN_LONG = 100_000;
const IN_SHORT = 5_000;

/**
 * Sends inputs of each external format as real systems send them, and more: types, precision, presence and
 * encodings are mutated with a seed. Each input must end as applied, refused or dead letter with a named
 * reason, or pending. Intact inputs sent at the same time must not wait, and no process may exit.
 */
export async function runFieldInputs({
  short,
  seed,
  only,
  count = short ? IN_SHORT : IN_LONG,
  say,
  signal,
}: FaultRunOptions): Promise<FaultRun> {
  say(`seed ${seed}`);
  await using stack = await openFieldStack(say);
  const result = { passed: 0, failed: 0 };
  for (const format of FORMATS.filter(({ name }) => !only || name.includes(only))) {
    signal.throwIfAborted();
    const passed = await runFormat(format, { stack, seed, count, say, signal });
    result[passed ? 'passed' : 'failed']++;
  }
  return result;
}

type Run = Pick<FaultRunOptions, 'seed' | 'say' | 'signal'> & { stack: FieldStack; count: number };

async function runFormat(format: FieldFormat, { stack, seed, count, say, signal }: Run): Promise<boolean> {
  const startedAt = performance.now();
  const controlTally = createTally();
  const controlTraffic = await startControlTraffic(stack, controlTally, signal);
  const report = reportProgress(say);
  const { outcomes, violations } = await format.run({
    stack,
    choices: createChoices(seed),
    count,
    signal,
    progress: (inputs) => report(() => `${inputs} of ${count} ${format.name}`),
  });
  await controlTraffic.end();
  violations.push(...controlTally.verdict().violations);
  for (const child of stack.processes.filter((one) => !one.alive())) {
    violations.push(`the ${child.name} has exited: ${await child.exited}`);
  }
  const counted = [...outcomes.values()].reduce((sum, n) => sum + n, 0);
  if (counted !== count) violations.push(`${counted} outcomes of ${count} inputs`);
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  const list = [...outcomes].map(([outcome, n]) => `${n} ${outcome}`).join(', ');
  say(`${violations.length === 0 ? 'ok    ' : 'FAILED'} ${count} ${format.name} in ${seconds} s: ${list}`);
  for (const violation of violations) say(`       ${violation}`);
  return violations.length === 0;
}
