import type { OffsetPeriod } from './offset-periods.ts';

/** A schedule as sets; null is `*`. */
export interface Plan {
  minute: number;
  hours: readonly number[] | null;
  daysOfMonth: readonly number[] | null;
  months: readonly number[] | null;
  daysOfWeek: readonly number[] | null;
}

const MINUTE_MS = 60_000;

export const cronOf = ({ minute, hours, daysOfMonth, months, daysOfWeek }: Plan): string =>
  [minute, ...[hours, daysOfMonth, months, daysOfWeek].map((values) => values?.join() ?? '*')].join(' ');

/** Returns whether a plan is due at a local time, given as if it were UTC. */
export function isDue(plan: Plan, localMs: number): boolean {
  if ((localMs / MINUTE_MS) % 60 !== plan.minute) return false;
  const local = new Date(localMs);
  const has = (values: readonly number[] | null, value: number) => values?.includes(value) ?? true;
  if (!has(plan.hours, local.getUTCHours()) || !has(plan.months, local.getUTCMonth() + 1)) return false;
  const ofMonth = has(plan.daysOfMonth, local.getUTCDate());
  const ofWeek = has(plan.daysOfWeek, local.getUTCDay());
  return plan.daysOfMonth && plan.daysOfWeek ? ofMonth || ofWeek : ofMonth && ofWeek;
}

/**
 * Returns the number of minutes after a local time in which nothing is due, because the plan has another
 * minute.
 */
const minutesBefore = (minute: number, localMs: number): number =>
  (60 + minute - 1 - ((localMs / MINUTE_MS) % 60)) % 60;

/**
 * Finds the firings of a plan as an observer of the zone's clock would, minute by minute: each local time
 * that the clock has passed beyond its farthest time so far is due now, once. Minutes other than the plan's
 * minute are skipped, because nothing is due in them; a run covers five million minutes for each plan.
 * @returns the firings, and the number of local times that were due at them
 */
export function findFirings(plan: Plan, periods: readonly OffsetPeriod[], fromMs: number, untilMs: number) {
  const firings: number[] = [];
  let due = 0;
  let farthest = -Infinity;
  for (const [n, { fromMs: begin, offsetMs }] of periods.entries()) {
    const end = Math.min(untilMs, periods[n + 1]?.fromMs ?? Infinity);
    if (farthest === -Infinity) farthest = begin + offsetMs - MINUTE_MS;
    for (let at = begin; at < end; at += MINUTE_MS) {
      const before = due;
      while (farthest < at + offsetMs) {
        farthest += MINUTE_MS;
        if (at >= fromMs && isDue(plan, farthest)) due++;
      }
      if (due > before) firings.push(at);
      const passed = minutesBefore(plan.minute, farthest) * MINUTE_MS;
      at += passed;
      farthest += passed;
    }
  }
  return { firings, due };
}
