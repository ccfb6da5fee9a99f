import type { DraftSegment } from './draft.ts';

type Segments = readonly DraftSegment[];

/** @param by -1: up, 1: down; beyond the ends nothing moves */
export function moveSegment(segments: Segments, id: number, by: -1 | 1): Segments {
  const from = segments.findIndex((each) => each.id === id);
  const [moved, other] = [segments[from], segments[from + by]];
  if (!moved || !other) return segments;
  return segments.with(from, other).with(from + by, moved);
}

export const removeSegment = (segments: Segments, id: number): Segments =>
  segments.filter((each) => each.id !== id);

/** Adds a segment without a name at the start: at the end, an earlier one could hide it. */
export function addSegment(segments: Segments): Segments {
  const every = { min: 1, max: 5 };
  const id = Math.max(-1, ...segments.map((each) => each.id)) + 1;
  return [{ id, name: '', recency: every, frequency: every, monetary: { min: 5, max: 5 } }, ...segments];
}

export const changeSegment = (segments: Segments, changed: DraftSegment): Segments =>
  segments.map((each) => (each.id === changed.id ? changed : each));
