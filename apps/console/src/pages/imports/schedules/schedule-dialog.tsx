import { useMutation } from '@connectrpc/connect-query';
import { ImportMode, ImportService, type ImportSchedule, type Shop } from '@core/contracts/web';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { useShopClock } from '../../../format/use-shop-clock.ts';
import { usePageTexts } from '../../../texts/use-page-texts.ts';
import { useSession } from '../../../session/session.ts';
import { explainError, refusedField } from '../../../transport/explain-error.ts';
import { Button } from '../../../ui/button.tsx';
import { Choice } from '../../../ui/choice.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { readCron, writeCron } from './cron-choices.ts';
import { TimesFields } from './times-fields.tsx';
import { ZoneField } from './zone-field.tsx';

const MODES = { delta: ImportMode.DELTA, full: ImportMode.FULL };

interface ScheduleDialogProps {
  shop: Shop;
  /** The schedule to change; undefined: a new one. */
  schedule: ImportSchedule | undefined;
  onClose: () => void;
}

/** Sets the schedule of a shop. The errors of the api about a field are shown at that field. */
export function ScheduleDialog({ shop, schedule, onClose }: ScheduleDialogProps) {
  const { schedules: words, mode: modes } = usePageTexts();
  const { merchantId } = useSession();
  const queries = useQueryClient();
  const shopZone = useShopClock(shop).formats.timeZone;
  const [times, setTimes] = useState(readCron(schedule?.cron ?? '0 3 * * *'));
  const [timeZone, setTimeZone] = useState(schedule?.timeZone ?? shopZone);
  const [mode, setMode] = useState<keyof typeof MODES>(schedule?.mode === ImportMode.FULL ? 'full' : 'delta');
  const [enabled, setEnabled] = useState(schedule?.enabled ?? true);
  const { mutate, isPending, error } = useMutation(ImportService.method.setImportSchedule, {
    async onSuccess() {
      onClose();
      await queries.invalidateQueries();
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    mutate({ merchantId, shop: shop.shop, cron: writeCron(times), timeZone, mode: MODES[mode], enabled });
  };
  const refused = refusedField(error)?.field;
  const errorOf = (field: string) => (refused === field ? explainError(error).detail : undefined);
  const isOfField = refused === 'cron' || refused === 'time_zone';
  return (
    <Dialog title={words.setTitle} onClose={onClose}>
      <form className="schedule-form" onSubmit={submit} noValidate>
        <p className="muted">{shop.shop}</p>
        <TimesFields value={times} onChange={setTimes} error={errorOf('cron')} />
        <ZoneField
          zones={[schedule?.timeZone ?? shopZone, shopZone]}
          value={timeZone}
          onChange={setTimeZone}
          error={errorOf('time_zone')}
        />
        <Choice
          label={words.mode}
          value={mode}
          onChange={setMode}
          options={[
            { value: 'delta', label: modes.delta, text: modes.deltaText },
            { value: 'full', label: modes.full, text: modes.fullText },
          ]}
        />
        <label className="schedule-enabled">
          <input
            type="checkbox"
            checked={enabled}
            onChange={({ target: { checked } }) => setEnabled(checked)}
          />
          {words.enabled}
        </label>
        {error && !isOfField && <ErrorState error={error} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{words.close}</Button>
          <Button kind="primary" type="submit" busy={isPending}>
            {words.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
