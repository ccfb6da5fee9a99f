import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import type { Draft } from './draft.ts';
import { addSegment, changeSegment, moveSegment, removeSegment } from './edit-segments.ts';
import { Problem, useProblem } from './problem.tsx';
import { SegmentRow } from './segment-row.tsx';

interface SegmentsCardProps {
  draft: Draft;
  onChange: (draft: Draft) => void;
}

/** The ordered list of rules: the first one that matches a score names its segment. */
export function SegmentsCard({ draft, onChange }: SegmentsCardProps) {
  const { thresholds: words } = usePageTexts();
  const [moved, setMoved] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const fallback = useProblem('fallback_segment');
  const { segments } = draft;
  /** Applies a change to the list, and puts the focus where the person continues. */
  const apply = (next: Draft['segments'], focus: string) => {
    flushSync(() => onChange({ ...draft, segments: next }));
    list.current?.querySelector<HTMLElement>(focus)?.focus();
  };
  const move = (id: number, by: -1 | 1) => {
    const next = moveSegment(segments, id, by);
    const place = next.findIndex((each) => each.id === id);
    setMoved(words.movedTo(next[place]?.name ?? '', place + 1, next.length));
    apply(next, `[data-segment="${id}"] [data-move="${by}"]`);
  };
  const remove = (id: number) => {
    const place = segments.findIndex((each) => each.id === id);
    setMoved(words.removed(segments[place]?.name ?? ''));
    const neighbor = segments[place + 1] ?? segments[place - 1];
    apply(removeSegment(segments, id), neighbor ? `[data-segment="${neighbor.id}"] input` : '[data-add]');
  };
  const add = () => {
    const next = addSegment(segments);
    apply(next, `[data-segment="${next[0]?.id}"] input`);
  };
  return (
    <Card
      title={words.segments}
      aside={
        <Button data-add onClick={add}>
          {words.add}
        </Button>
      }
    >
      <div ref={list} className="segments">
        <p className="muted">{words.segmentsText}</p>
        <ol className="list">
          {segments.map((segment, n) => (
            <SegmentRow
              key={segment.id}
              segment={segment}
              place={n}
              last={n === segments.length - 1}
              onChange={(changed) => onChange({ ...draft, segments: changeSegment(segments, changed) })}
              onMove={(by) => move(segment.id, by)}
              onRemove={() => remove(segment.id)}
            />
          ))}
        </ol>
        <label className="field segments-fallback">
          <span>{words.fallback}</span>
          <input
            {...fallback.input}
            value={draft.fallbackSegment}
            onChange={({ target }) => onChange({ ...draft, fallbackSegment: target.value })}
          />
        </label>
        <Problem {...fallback} />
        <p role="status" className="hidden">
          {moved}
        </p>
      </div>
    </Card>
  );
}
