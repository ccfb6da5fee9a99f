import { timeOfDay, weekdayName } from './clock-names.ts';

it('names days and times in the language of the reader', () => {
  expect([0, 1, 6].map((day) => weekdayName('en', day))).toEqual(['Sunday', 'Monday', 'Saturday']);
  expect(weekdayName('en-GB', 3)).toBe('Wednesday');
  expect(timeOfDay('en', 3, 5).replaceAll(/\s/g, ' ')).toBe('3:05 AM');
  expect(timeOfDay('de', 23, 0)).toBe('23:00');
});
