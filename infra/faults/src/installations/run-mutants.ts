import { finish } from './finish.ts';
import { live } from './live.ts';
import { createTriggers, mutate, MUTANTS, type Mutant } from './mutants.ts';
import type { InstallationStack } from './stack.ts';
import { newSubject, type Subject } from './subject.ts';

interface Pair {
  mutant: Mutant;
  defective: Subject;
  sound: Subject;
}

/**
 * Each mutant lives next to a shop with the same life and without a defect.
 * @returns mutants that no check has reported, and problems of the others
 */
export async function runMutants(
  stack: InstallationStack,
  lateAfterMs: { long: number; short: number },
  signal: AbortSignal,
): Promise<string[]> {
  await createTriggers(stack.owner);
  const pairs = await Promise.all(MUTANTS.map((mutant, n) => livePair(stack, mutant, n, signal)));
  const defective = new Set(pairs.map((pair) => pair.defective));
  await finish(stack, [...defective, ...pairs.map(({ sound }) => sound)], {
    lateAfterMs: (subject) => (defective.has(subject) ? lateAfterMs.long : lateAfterMs.short),
    say: () => undefined,
  });
  return pairs.flatMap(violationsOf);
}

async function livePair(
  stack: InstallationStack,
  mutant: Mutant,
  n: number,
  signal: AbortSignal,
): Promise<Pair> {
  const { life, latencyMs, act } = mutant;
  const subjectOf = (what: string) =>
    newSubject(stack, {
      domain: `${what}-${n}.myshopify.com`,
      customers: 20,
      ...(latencyMs && { latencyMs }),
    });
  const [defective, sound] = [subjectOf('mutant'), subjectOf('sound')];
  await mutate(stack.owner, mutant, defective);
  const liveDefective = async () => {
    await live(stack, defective, life.slice(0, -1), signal);
    await act?.(stack, defective);
    await live(stack, defective, life.slice(-1), signal);
  };
  await Promise.all([live(stack, sound, life, signal), liveDefective()]);
  return { mutant, defective, sound };
}

function violationsOf({ mutant: { name, reports }, defective, sound }: Pair): string[] {
  const isReported = defective.problems.some(({ kind }) => kind === reports);
  const shown = defective.problems.map(({ kind, says }) => `${kind}: ${says}`).join('; ');
  return [
    ...(isReported ? [] : [`not reported as ${reports}: ${name} (${shown || 'no problem'})`]),
    ...sound.problems.map(({ kind, says }) => `without the mutant (${name}): ${kind}: ${says}`),
  ];
}
