import type { Violation } from '@core/shopify-stand-in';
import { readLateness, type Lateness } from './lateness.ts';
import type { ProblemKind } from './problems.ts';
import { closeRequests } from './requests-after.ts';
import { findSecrets } from './secrets/find-secrets.ts';
import type { InstallationStack } from './stack.ts';
import type { Subject } from './subject.ts';

/** A process stores Shopify's refusal of a refresh token within this time, also on a busy machine. */
const STORES_WITHIN_MS = 5_000;

/**
 * Whether a process was killed each time after Shopify had told it what was ignored later, and before it can
 * have stored that. No client could keep such a rule.
 */
export const isExcused = ({ times, toldMs = [] }: Violation, kills: readonly number[]): boolean =>
  toldMs.length === times &&
  toldMs.every((told) => kills.some((killed) => killed >= told && killed <= told + STORES_WITHIN_MS));

interface Finish {
  lateAfterMs: (subject: Subject) => number;
  say: (line: string) => void;
}

/**
 * Adds the problems that show only at the end: late requests, broken rules, and secrets that are left
 * anywhere.
 * @returns also the problems of no subject
 */
export async function finish(
  stack: InstallationStack,
  subjects: readonly Subject[],
  { lateAfterMs, say }: Finish,
): Promise<{ late: Lateness[]; everywhere: string[] }> {
  subjects.forEach(closeRequests);
  const late = await readLateness(stack, subjects);
  const secrets = await findSecrets(stack, subjects, (line) => say(`info   ${line}`));
  for (const subject of subjects) {
    const { merchantId, far, problems } = subject;
    const add = (kind: ProblemKind, says: string) => problems.push({ kind, says });
    for (const { of, requests, afterAppliedMs = 0 } of late.filter(
      (each) => each.merchantId === merchantId,
    )) {
      if (afterAppliedMs > lateAfterMs(subject))
        add(
          'late requests',
          `${requests} after uninstall ${of}, the last ${afterAppliedMs} ms after it was applied`,
        );
    }
    for (const { rule, detail } of far.stats().violations.filter((each) => !isExcused(each, stack.kills())))
      add('rules broken', `${rule}: ${detail}`);
    for (const { says } of secrets.filter((each) => each.merchantId === merchantId)) add('tokens left', says);
  }
  const everywhere = [
    ...secrets.filter(({ merchantId }) => merchantId === undefined).map(({ says }) => `tokens left: ${says}`),
    ...stack.shopify.stats().violations.map(({ rule, detail }) => `rules broken: ${rule}: ${detail}`),
  ];
  return { late, everywhere };
}
