/** The choice of a person in place of a cron expression. */
export type CronChoice =
  | { kind: 'daily'; hour: number; minute: number }
  /** day: 0 is Sunday. */
  | { kind: 'weekly'; day: number; hour: number; minute: number }
  /** From midnight on. */
  | { kind: 'hourly'; hours: number }
  | { kind: 'expert'; cron: string };

/** Divisors of a day: with 5 the last pause of a day would be shorter. */
export const HOURS = [1, 2, 3, 4, 6, 8, 12] as const;

export function writeCron(choice: CronChoice): string {
  if (choice.kind === 'daily') return `${choice.minute} ${choice.hour} * * *`;
  if (choice.kind === 'weekly') return `${choice.minute} ${choice.hour} * * ${choice.day}`;
  if (choice.kind === 'hourly') return choice.hours === 1 ? '0 * * * *' : `0 */${choice.hours} * * *`;
  return choice.cron;
}

const AT = /^(\d{1,2}) (\d{1,2}) \* \* (\*|[0-7])$/;
const EVERY = /^0 \*(?:\/(\d{1,2}))?$/;

/** Returns the choice that writes this expression, in the form in which the api returns it. */
export function readCron(cron: string): CronChoice {
  const expert: CronChoice = { kind: 'expert', cron };
  if (cron.length > 40) return expert;
  const [, minute, hour, day] = AT.exec(cron) ?? [];
  if (minute !== undefined && hour !== undefined && day !== undefined) {
    const time = { hour: Number(hour), minute: Number(minute) };
    return day === '*' ? { kind: 'daily', ...time } : { kind: 'weekly', day: Number(day) % 7, ...time };
  }
  if (!cron.endsWith(' * * *')) return expert;
  const every = EVERY.exec(cron.slice(0, -' * * *'.length));
  const hours = HOURS.find((each) => each === Number(every?.[1] ?? 1));
  return every && hours ? { kind: 'hourly', hours } : expert;
}
