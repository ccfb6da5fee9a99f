import { lastAt, nextAt } from '@core/domain';
import type { EntryPoint } from '../case.ts';

export type Schedule = readonly [cron: string, timeZone: string, from: string];

/** The outcome is the predicted firings after a time; each must also be the last firing at its own time. */
export const schedules: EntryPoint<Schedule> = {
  name: 'schedule',
  show: ([cron, timeZone, from]) => `${cron} in ${timeZone}, after ${from}`,
  send: async (_stack, inputs) =>
    inputs.map(([cron, timeZone, from]) => {
      const times = { cron, timeZone };
      const predicted: string[] = [];
      for (let at = new Date(from); predicted.length < 2;) {
        const next = nextAt(times, at);
        if (!next) return 'never';
        const fired = lastAt(times, next);
        if (fired?.getTime() !== next.getTime()) {
          return `predicted ${next.toISOString()}, fired ${fired?.toISOString() ?? 'never'}`;
        }
        predicted.push(next.toISOString().replace(':00.000Z', 'Z'));
        at = next;
      }
      return predicted.join(', ');
    }),
};
