import { RfmMethod, type RfmThresholds } from '@core/contracts/web';
import { useEffect, useMemo, useRef } from 'react';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import type { PageTexts } from '../../texts/use-page-texts.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { DIMENSIONS, draftOf, type Draft, type DraftRange } from './draft.ts';
import { listDifferences, type Difference, type PlacedSegment } from './list-differences.ts';

interface ConflictCardProps {
  mine: Draft;
  theirs: RfmThresholds;
  saving: boolean;
  onLoad: () => void;
  onSave: () => void;
}

/** Another person has saved meanwhile: shows what differs, and leaves the choice to the person. */
export function ConflictCard({ mine, theirs, saving, onLoad, onSave }: ConflictCardProps) {
  const { thresholds: words } = usePageTexts();
  const differences = useMemo(() => listDifferences(mine, draftOf(theirs)), [mine, theirs]);
  const card = useRef<HTMLDivElement>(null);
  // The button that was pressed is at the other end of the page.
  useEffect(() => card.current?.focus(), []);
  return (
    <div ref={card} role="alert" tabIndex={-1} className="conflict">
      <Card title={words.conflict}>
        <p className="muted">{words.conflictText}</p>
        <table className="moves conflict-table">
          <caption className="hidden">{words.conflict}</caption>
          <thead>
            <tr>
              <th scope="col">{words.part}</th>
              <th scope="col">{words.theirs}</th>
              <th scope="col">{words.yours}</th>
            </tr>
          </thead>
          <tbody>
            {differences.map((difference) => {
              const [part, their, own] = describe(words, difference);
              return (
                <tr key={part}>
                  <th scope="row">{part}</th>
                  <td data-label={words.theirs}>{their}</td>
                  <td data-label={words.yours}>{own}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
        <div className="page-actions">
          <Button onClick={onLoad}>{words.loadTheirs}</Button>
          <Button kind="danger" busy={saving} onClick={onSave}>
            {words.saveMine}
          </Button>
        </div>
      </Card>
    </div>
  );
}

type Words = PageTexts['thresholds'];

/** Returns the name of the part, theirs and the own one as texts. */
function describe(words: Words, it: Difference): [part: string, theirs: string, mine: string] {
  switch (it.part) {
    case 'segment':
      return [words.segmentOf(it.name), describeSegment(words, it.theirs), describeSegment(words, it.mine)];
    case 'method':
      return [
        words.method,
        words.methods(it.theirs === RfmMethod.QUANTILE),
        words.methods(it.mine === RfmMethod.QUANTILE),
      ];
    case 'windowDays':
      return [words.window, it.theirs, it.mine];
    case 'fallbackSegment':
      return [words.fallback, it.theirs, it.mine];
    default:
      return [words.lists[it.part], it.theirs.join(' · '), it.mine.join(' · ')];
  }
}

const rangeOf = ({ min, max }: DraftRange) => (min === max ? String(min) : `${min}–${max}`);

function describeSegment(words: Words, segment: PlacedSegment | undefined): string {
  if (!segment) return words.absent;
  const bounds = DIMENSIONS.filter((each) => segment[each].min > 1 || segment[each].max < 5).map(
    (each) => `${words.dimensions[each]} ${rangeOf(segment[each])}`,
  );
  return words.placed(segment.place, bounds.join(', ') || words.everyScore);
}
