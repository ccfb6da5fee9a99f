import { weekdayName } from '../../../format/clock-names.ts';
import { useFormats } from '../../../reader.ts';
import { usePageTexts } from '../../../texts/use-page-texts.ts';
import { Field } from '../../../ui/field.tsx';
import { HOURS, writeCron, type CronChoice } from './cron-choices.ts';

/** Monday first, as most calendars. */
const DAYS = [1, 2, 3, 4, 5, 6, 0];
const KINDS = ['daily', 'weekly', 'hourly', 'expert'] as const;

interface TimesFieldsProps {
  value: CronChoice;
  onChange: (value: CronChoice) => void;
  /** What the api refuses in the expression. */
  error: string | undefined;
}

/** Chooses times in plain words, which write the expression, or takes the expression itself. */
export function TimesFields({ value, onChange, error }: TimesFieldsProps) {
  const { schedules: words } = usePageTexts();
  const { locale } = useFormats();
  const { hour, minute } = 'hour' in value ? value : { hour: 3, minute: 0 };
  const choose = (kind: CronChoice['kind'] | undefined) => {
    if (kind === 'daily') onChange({ kind, hour, minute });
    if (kind === 'weekly') onChange({ kind, hour, minute, day: 1 });
    if (kind === 'hourly') onChange({ kind, hours: 6 });
    if (kind === 'expert') onChange({ kind, cron: writeCron(value) });
  };
  return (
    <div className="schedule-times">
      <label className="field">
        <span>{words.how}</span>
        <select value={value.kind} onChange={({ target }) => choose(KINDS[target.selectedIndex])}>
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {words.choices[kind]}
            </option>
          ))}
        </select>
      </label>
      {value.kind === 'weekly' && (
        <label className="field">
          <span>{words.day}</span>
          <select
            value={value.day}
            onChange={({ target }) => onChange({ ...value, day: Number(target.value) })}
          >
            {DAYS.map((day) => (
              <option key={day} value={day}>
                {weekdayName(locale, day)}
              </option>
            ))}
          </select>
        </label>
      )}
      {'hour' in value && (
        <label className="field">
          <span>{words.at}</span>
          <input
            type="time"
            required
            value={`${pad(value.hour)}:${pad(value.minute)}`}
            onChange={({ target }) => {
              const [, h, m] = /^(\d\d):(\d\d)/.exec(target.value) ?? [];
              // The field is empty while a person types.
              if (h !== undefined) onChange({ ...value, hour: Number(h), minute: Number(m) });
            }}
          />
        </label>
      )}
      {value.kind === 'hourly' && (
        <label className="field">
          <span>{words.every}</span>
          <select
            value={value.hours}
            onChange={({ target }) => onChange({ ...value, hours: Number(target.value) })}
          >
            {HOURS.map((hours) => (
              <option key={hours}>{hours}</option>
            ))}
          </select>
        </label>
      )}
      {value.kind === 'expert' ? (
        <Field
          label={words.cron}
          hint={words.cronHint}
          error={error}
          value={value.cron}
          onChange={({ target }) => onChange({ kind: 'expert', cron: target.value })}
        />
      ) : (
        <p className="muted small">
          {words.writes(writeCron(value))}
          {error && <span role="alert"> {error}</span>}
        </p>
      )}
    </div>
  );
}

const pad = (n: number): string => String(n).padStart(2, '0');
