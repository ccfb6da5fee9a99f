import type { PrivacyRequest } from '@core/contracts/web';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { deadlineOf, isOpen } from './request-state.ts';

/** How many days an open request has left. */
export function Deadline({ request, now }: { request: PrivacyRequest; now: number }) {
  const { privacy } = usePageTexts();
  const formats = useFormats();
  const deadline = isOpen(request) ? deadlineOf(request, now) : undefined;
  if (!deadline) return null;
  const { days, tone } = deadline;
  const formatted = formats.number(Math.abs(days));
  return (
    <span className={`deadline deadline-${tone}`}>
      {days > 0 && privacy.daysLeft(days, formatted)}
      {days === 0 && privacy.dueToday}
      {days < 0 && privacy.daysLate(-days, formatted)}
    </span>
  );
}
