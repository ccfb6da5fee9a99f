import { lastAt, nextAt } from '@core/domain';
import type { Door } from '../case.ts';

export type Schedule = readonly [cron: string, timeZone: string, from: string];

/** The outcome is the predicted firings after a time; each must also be the last firing at its own time. */
export const schedules: Door<Schedule> = {
  name: 'schedule',
  show: ([cron, timeZone, from]) => `${cron} in ${timeZone}, after ${from}`,
  send: async (_stack, inputs) =>
    inputs.map(([cron, timeZone, from]) => {
      const times = { cron, timeZone };
      const promised: string[] = [];
      for (let at = new Date(from); promised.length < 2;) {
        const next = nextAt(times, at);
        if (!next) return 'never';
        const fired = lastAt(times, next);
        if (fired?.getTime() !== next.getTime()) {
          return `promised ${next.toISOString()}, fired ${fired?.toISOString() ?? 'never'}`;
        }
        promised.push(next.toISOString().replace(':00.000Z', 'Z'));
        at = next;
      }
      return promised.join(', ');
    }),
};
