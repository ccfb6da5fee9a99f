import { timeOfDay, weekdayName } from '../../../format/clock-names.ts';
import { useFormats } from '../../../reader.ts';
import { usePageTexts } from '../../../texts/use-page-texts.ts';
import { readCron } from './cron-choices.ts';

/** Returns a function that says in words when an expression fires. */
export function useScheduleWords(): (cron: string) => string {
  const { schedules: words } = usePageTexts();
  const { locale, number } = useFormats();
  return (cron) => {
    const choice = readCron(cron);
    if (choice.kind === 'expert') return words.expert(cron);
    if (choice.kind === 'hourly') return words.hourly(number(choice.hours));
    const time = timeOfDay(locale, choice.hour, choice.minute);
    return choice.kind === 'daily' ? words.daily(time) : words.weekly(weekdayName(locale, choice.day), time);
  };
}
