import { CUT_POINTS, DIMENSIONS, type CutPoints, type Draft, type DraftSegment } from './draft.ts';

/** A part of the settings that differs between two drafts; undefined: a segment that one of them lacks. */
export type Difference =
  | { part: CutPoints; mine: readonly string[]; theirs: readonly string[] }
  | { part: 'method'; mine: Draft['method']; theirs: Draft['method'] }
  | { part: 'windowDays' | 'fallbackSegment'; mine: string; theirs: string }
  | { part: 'segment'; name: string; mine: PlacedSegment | undefined; theirs: PlacedSegment | undefined };

export interface PlacedSegment extends DraftSegment {
  /** From 1. */
  place: number;
}

/** Lists what differs. Segments are compared by their names, because a name is what a person knows. */
export function listDifferences(mine: Draft, theirs: Draft): Difference[] {
  const found: Difference[] = [];
  for (const part of CUT_POINTS) {
    if (String(mine[part]) !== String(theirs[part]))
      found.push({ part, mine: mine[part], theirs: theirs[part] });
  }
  if (mine.method !== theirs.method) found.push({ part: 'method', mine: mine.method, theirs: theirs.method });
  for (const part of ['windowDays', 'fallbackSegment'] as const) {
    if (mine[part] !== theirs[part]) found.push({ part, mine: mine[part], theirs: theirs[part] });
  }
  const [ours, others] = [byName(mine), byName(theirs)];
  for (const name of new Set([...others.keys(), ...ours.keys()])) {
    const [own, other] = [ours.get(name), others.get(name)];
    if (!isSameRule(own, other)) found.push({ part: 'segment', name, mine: own, theirs: other });
  }
  return found;
}

const byName = ({ segments }: Draft): Map<string, PlacedSegment> =>
  new Map(segments.map((segment, n) => [segment.name, { ...segment, place: n + 1 }]));

const isSameRule = (a: PlacedSegment | undefined, b: PlacedSegment | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.place === b.place &&
  DIMENSIONS.every((each) => a[each].min === b[each].min && a[each].max === b[each].max);
