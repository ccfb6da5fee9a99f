import { readCron, writeCron, type CronChoice } from './cron-choices.ts';

it.each<[CronChoice, string]>([
  [{ kind: 'daily', hour: 3, minute: 0 }, '0 3 * * *'],
  [{ kind: 'weekly', day: 0, hour: 23, minute: 59 }, '59 23 * * 0'],
  [{ kind: 'hourly', hours: 1 }, '0 * * * *'],
  [{ kind: 'hourly', hours: 6 }, '0 */6 * * *'],
  [{ kind: 'expert', cron: '0 3 * * 1-5' }, '0 3 * * 1-5'],
])('writes %j as %s, and reads it back', (choice, cron) => {
  expect(writeCron(choice)).toBe(cron);
  expect(readCron(cron)).toEqual(choice);
});

it.each([
  ['0 3 * * 7', { kind: 'weekly', day: 0, hour: 3, minute: 0 }],
  ['0 */5 * * *', { kind: 'expert', cron: '0 */5 * * *' }],
  ['15 */6 * * *', { kind: 'expert', cron: '15 */6 * * *' }],
  ['0 3 1 * *', { kind: 'expert', cron: '0 3 1 * *' }],
  ['0 3 * 1 *', { kind: 'expert', cron: '0 3 * 1 *' }],
  ['', { kind: 'expert', cron: '' }],
])('reads %s as %j', (cron, choice) => expect(readCron(cron)).toEqual(choice));
