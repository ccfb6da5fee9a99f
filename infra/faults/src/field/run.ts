import { createChoices } from '../requests/choices.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import type { FieldFormat } from './format.ts';
import { shopifyPages } from './pages/run.ts';
import { openFieldStack } from './stack.ts';
import { customerWebhooks } from './webhooks/run.ts';

const FORMATS: FieldFormat[] = [customerWebhooks, shopifyPages];

const IN_LONG = 100_000;
const IN_SHORT = 5_000;

/**
 * Sends what real systems send, and then some: inputs of each format that comes from outside, with types, precision,
 * presence and encodings mutated by a seed. Each must end as applied, refused with a named reason, or pending; sound ones
 * beside them must not wait, and no process may end.
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
  const stack = await openFieldStack(say);
  const run = { passed: 0, failed: 0 };
  try {
    for (const { name, run: runFormat } of FORMATS.filter((format) => !only || format.name.includes(only))) {
      signal.throwIfAborted();
      const begun = performance.now();
      const { ends, violations } = await runFormat({ stack, choices: createChoices(seed), count, signal });
      const ended = stack.processes.filter((child) => !child.alive());
      for (const child of ended) violations.push(`the ${child.name} has ended: ${await child.exited}`);
      run[violations.length === 0 ? 'passed' : 'failed']++;
      const seconds = Math.round((performance.now() - begun) / 1_000);
      const told = [...ends].map(([what, n]) => `${n} ${what}`).join(', ');
      say(`${violations.length === 0 ? 'ok    ' : 'FAILED'} ${count} ${name} in ${seconds} s: ${told}`);
      for (const violation of violations) say(`       ${violation}`);
    }
    return run;
  } finally {
    await stack.close();
  }
}
