import { ImportMode, type ImportSchedule, type Shop } from '@core/contracts/web';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { usePageTexts } from '../../../texts/use-page-texts.ts';
import { Badge } from '../../../ui/badge.tsx';
import { Button } from '../../../ui/button.tsx';
import { NextFirings } from './next-firings.tsx';
import { useScheduleWords } from './schedule-words.ts';

const load = () => import('./schedule-dialog.tsx');
const ScheduleDialog = lazy(() => load().then((it) => ({ default: it.ScheduleDialog })));
const DeleteDialog = lazy(() =>
  import('./delete-schedule-dialog.tsx').then((it) => ({ default: it.DeleteScheduleDialog })),
);

interface ScheduleRowProps {
  shop: Shop;
  /** Undefined: the shop has none. */
  schedule: ImportSchedule | undefined;
  /** Whether the caller may act in this shop. */
  mayChange: boolean;
}

export function ScheduleRow({ shop, schedule, mayChange }: ScheduleRowProps) {
  const { schedules: words } = usePageTexts();
  const [open, setOpen] = useState<'set' | 'delete'>();
  const close = () => setOpen(undefined);
  const prepare = () => void load().catch(() => undefined);
  const set = { onClick: () => setOpen('set'), onPointerEnter: prepare, onFocus: prepare };
  return (
    <li className="schedule">
      {schedule ? (
        <ScheduleFacts shop={shop} schedule={schedule} />
      ) : (
        <p className="muted">{words.none(shop.shop)}</p>
      )}
      {mayChange && (
        <div className="schedule-actions">
          <Button {...set} aria-label={words.of(schedule ? words.change : words.add, shop.shop)}>
            {schedule ? words.change : words.add}
          </Button>
          {schedule && (
            <Button
              kind="danger"
              onClick={() => setOpen('delete')}
              aria-label={words.of(words.remove, shop.shop)}
            >
              {words.remove}
            </Button>
          )}
        </div>
      )}
      <Suspense>
        {open === 'set' && <ScheduleDialog shop={shop} schedule={schedule} onClose={close} />}
        {open === 'delete' && <DeleteDialog shop={shop.shop} onClose={close} />}
      </Suspense>
    </li>
  );
}

function ScheduleFacts({ shop, schedule }: { shop: Shop; schedule: ImportSchedule }) {
  const { schedules: words, mode } = usePageTexts();
  const wordsOf = useScheduleWords();
  const { enabled, cron, timeZone, lastError, lastImportId } = schedule;
  return (
    <div className="schedule-facts">
      <p className="schedule-head">
        {shop.shop}
        <Badge tone={enabled ? 'ok' : 'idle'}>{enabled ? words.on : words.off}</Badge>
      </p>
      <p>{wordsOf(cron)}</p>
      <p className="muted small">
        {words.zone(timeZone)} · {mode[schedule.mode === ImportMode.FULL ? 'fullName' : 'deltaName']}
        {lastImportId && (
          <>
            {' · '}
            <Link to="/imports/$importId" params={{ importId: lastImportId }}>
              {words.lastImport}
            </Link>
          </>
        )}
      </p>
      {lastError && <p className="schedule-problem">{words.lastError(lastError)}</p>}
      {enabled && <NextFirings shop={shop} times={schedule.nextFireTimes} />}
    </div>
  );
}
