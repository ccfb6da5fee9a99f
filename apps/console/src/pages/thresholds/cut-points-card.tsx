import { RfmMethod } from '@core/contracts/web';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { Card } from '../../ui/card.tsx';
import { CUT_POINTS, type CutPoints, type Draft } from './draft.ts';
import { Problem, useProblem } from './problem.tsx';

interface CutPointsCardProps {
  draft: Draft;
  onChange: (draft: Draft) => void;
}

/** The field of the api for each list. */
const FIELDS: Record<CutPoints, string> = {
  recencyDays: 'recency_days',
  frequencyOrders: 'frequency_orders',
  monetaryAmount: 'monetary_amount',
};

const METHODS = [RfmMethod.FIXED, RfmMethod.QUANTILE];

/** How RFM Analytics turns orders into scores from 1 to 5. */
export function CutPointsCard({ draft, onChange }: CutPointsCardProps) {
  const { thresholds: words } = usePageTexts();
  return (
    <Card title={words.cutPoints}>
      <p className="muted">{words.cutPointsText}</p>
      {CUT_POINTS.map((list) => (
        <fieldset key={list} className="cut-points">
          <legend>{words.lists[list]}</legend>
          <p className="muted small">{words.listTexts[list]}</p>
          <div className="cut-points-row">
            {draft[list].map((text, n) => (
              <NumberField
                key={n}
                label={list === 'recencyDays' ? words.between(5 - n, 4 - n) : words.between(n + 1, n + 2)}
                unit={words.units[list]}
                at={`${FIELDS[list]}[${n}]`}
                text={text}
                onChange={(changed) => onChange({ ...draft, [list]: draft[list].with(n, changed) })}
              />
            ))}
          </div>
        </fieldset>
      ))}
      <div className="cut-points-row">
        <NumberField
          label={words.window}
          unit={words.units.recencyDays}
          at="window_days"
          text={draft.windowDays}
          onChange={(windowDays) => onChange({ ...draft, windowDays })}
        />
        <label className="field cut-points-method">
          <span>{words.method}</span>
          <select
            value={draft.method}
            onChange={({ target }) =>
              onChange({ ...draft, method: METHODS[target.selectedIndex] ?? draft.method })
            }
          >
            {METHODS.map((method) => (
              <option key={method} value={method}>
                {words.methods(method === RfmMethod.QUANTILE)}
              </option>
            ))}
          </select>
        </label>
      </div>
    </Card>
  );
}

interface NumberFieldProps {
  label: string;
  unit: string;
  at: string;
  text: string;
  onChange: (text: string) => void;
}

function NumberField({ label, unit, at, text, onChange }: NumberFieldProps) {
  const problem = useProblem(at);
  return (
    <div className="number-field">
      <label className="field">
        <span>
          {label} <span className="muted small">{unit}</span>
        </span>
        <input
          {...problem.input}
          type="number"
          inputMode="decimal"
          step="any"
          min="0"
          value={text}
          onChange={({ target }) => onChange(target.value)}
        />
      </label>
      <Problem {...problem} />
    </div>
  );
}
