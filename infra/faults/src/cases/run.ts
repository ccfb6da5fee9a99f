import { openFieldStack } from '../field/stack.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import { isAsExpected } from './as-expected.ts';
import type { CaseGroup, Outcome, Section } from './case.ts';
import { formatTable } from './format-table.ts';
import { runSpecs } from './run-specs.ts';
import { SECTIONS } from './sections/index.ts';

/**
 * Sends small inputs, as foreign systems send them, through every entry point of the running service, and
 * compares each outcome with the required one. Specs prove the cases that need separate servers; this suite
 * runs those specs too. Its short form, a part of `npm test`, only names them, because `npm test` runs them
 * itself.
 */
export async function runCases({ short, only, say, signal }: FaultRunOptions): Promise<FaultRun> {
  const sections = SECTIONS.filter(({ title }) => !only || title.includes(only));
  const result: FaultRun = { passed: 0, failed: 0 };
  if (sections.length === 0) return result;
  await runSections(sections, result, say, signal);
  const specs = sections.flatMap((section) => section.specs ?? []);
  say('');
  if (short) {
    say('Not run here but by `npm test`, because these specs need separate servers:');
    for (const [what, spec] of specs) say(`       ${what}: ${spec}`);
  } else {
    const run = await runSpecs(specs, { say, signal });
    result.passed += run.passed;
    result.failed += run.failed;
  }
  say('');
  say(`${result.passed} passed, ${result.failed} failed`);
  return result;
}

async function outcomesOf(
  { groups }: Section,
  run: (group: CaseGroup) => Promise<Outcome[]>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const group of groups) outcomes.push(...(await run(group)));
  return outcomes;
}

/** Runs the sections on a stack, which is stopped before the specs start their own servers. */
async function runSections(
  sections: readonly Section[],
  result: FaultRun,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await using stack = await openFieldStack(say);
  for (const section of sections) {
    const outcomes = await outcomesOf(section, (group) => group.run(stack, signal));
    say('');
    say(section.title);
    for (const line of formatTable(outcomes, isAsExpected)) say(line);
    const failed = outcomes.filter((one) => !isAsExpected(one)).length;
    result.failed += failed;
    result.passed += outcomes.length - failed;
  }
  for (const child of stack.processes.filter((one) => !one.alive())) {
    say(`FAILED the ${child.name} has exited: ${await child.exited}`);
    result.failed++;
  }
}
