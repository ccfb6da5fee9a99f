import { usePageTexts } from '../../texts/use-page-texts.ts';
import { DIMENSIONS, SCORES, type DraftRange, type DraftSegment } from './draft.ts';
import { Problem, useProblem } from './problem.tsx';

interface SegmentRowProps {
  segment: DraftSegment;
  /** From 0. */
  place: number;
  last: boolean;
  onChange: (segment: DraftSegment) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

/** One rule: its place, its name and the scores that it contains. */
export function SegmentRow({ segment, place, last, onChange, onMove, onRemove }: SegmentRowProps) {
  const { thresholds: words } = usePageTexts();
  const name = useProblem(`segments[${place}].name`);
  const hidden = useProblem(`segments[${place}]`);
  // A button at an end stays focusable: it would lose the focus of a person who moves a segment there.
  const moveButton = (by: -1 | 1, label: string, sign: string, ended: boolean) => (
    <button
      type="button"
      className="segment-button"
      data-move={by}
      aria-label={label}
      aria-disabled={ended || undefined}
      onClick={() => !ended && onMove(by)}
    >
      {sign}
    </button>
  );
  return (
    <li className="segment" data-segment={segment.id}>
      <span className="segment-place">{place + 1}</span>
      <div className="segment-name">
        <input
          {...name.input}
          aria-label={words.nameOf(place + 1)}
          value={segment.name}
          onChange={({ target }) => onChange({ ...segment, name: target.value })}
        />
      </div>
      <div className="segment-ranges">
        {DIMENSIONS.map((dimension) => (
          <RangeFields
            key={dimension}
            label={words.dimensions[dimension]}
            at={`segments[${place}].${dimension}`}
            range={segment[dimension]}
            onChange={(range) => onChange({ ...segment, [dimension]: range })}
          />
        ))}
      </div>
      <div className="segment-buttons">
        {moveButton(-1, words.moveUp(segment.name), '↑', place === 0)}
        {moveButton(1, words.moveDown(segment.name), '↓', last)}
        <button
          type="button"
          className="segment-button"
          aria-label={words.remove(segment.name)}
          onClick={onRemove}
        >
          ✕
        </button>
      </div>
      <Problem {...name} />
      <Problem {...hidden} />
    </li>
  );
}

interface RangeFieldsProps {
  label: string;
  at: string;
  range: DraftRange;
  onChange: (range: DraftRange) => void;
}

function RangeFields({ label, at, range, onChange }: RangeFieldsProps) {
  const { thresholds: words } = usePageTexts();
  const problem = useProblem(at);
  const choose = (bound: 'min' | 'max') => (
    <select
      {...problem.input}
      aria-label={words.bounds[bound](label)}
      value={range[bound]}
      onChange={({ target }) => onChange({ ...range, [bound]: Number(target.value) })}
    >
      {SCORES.map((score) => (
        <option key={score}>{score}</option>
      ))}
    </select>
  );
  const open = range.min === 1 && range.max === 5;
  return (
    <div className={open ? 'range range-open' : 'range'}>
      <span className="range-label">{label}</span>
      <span className="range-bounds">
        {choose('min')}
        <span aria-hidden="true">–</span>
        {choose('max')}
      </span>
      <Problem {...problem} />
    </div>
  );
}
