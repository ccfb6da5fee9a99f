import { useFormats } from '../../../reader.ts';
import { usePageTexts } from '../../../texts/use-page-texts.ts';

interface ZoneFieldProps {
  /** Zones to choose from, beside that of the browser and UTC. */
  zones: readonly string[];
  value: string;
  onChange: (zone: string) => void;
  error: string | undefined;
}

/** Chooses the clock that an expression means. Rejected: all 400 zones, of which a shop needs one. */
export function ZoneField({ zones, value, onChange, error }: ZoneFieldProps) {
  const { schedules: words } = usePageTexts();
  const { timeZone } = useFormats();
  return (
    <div className="labelled">
      <label className="field">
        <span>{words.zoneLabel}</span>
        <select
          value={value}
          onChange={({ target }) => onChange(target.value)}
          aria-invalid={error !== undefined}
          aria-describedby="zone-hint zone-error"
        >
          {[...new Set([...zones, timeZone, 'UTC'])].map((zone) => (
            <option key={zone}>{zone}</option>
          ))}
        </select>
      </label>
      <p id="zone-error" role="alert" className="field-error small">
        {error}
      </p>
      <p id="zone-hint" className="muted small">
        {words.zoneHint}
      </p>
    </div>
  );
}
