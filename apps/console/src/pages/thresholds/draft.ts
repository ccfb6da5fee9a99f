import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RfmMethod, RfmRange, RfmThresholds, RfmThresholdsSchema } from '@core/contracts/web';

export const CUT_POINTS = ['recencyDays', 'frequencyOrders', 'monetaryAmount'] as const;
export const DIMENSIONS = ['recency', 'frequency', 'monetary'] as const;
export type Dimension = (typeof DIMENSIONS)[number];
export type CutPoints = (typeof CUT_POINTS)[number];

/** Scores from 1 to 5; a range of all of them is no bound. */
export interface DraftRange {
  min: number;
  max: number;
}

export interface DraftSegment extends Record<Dimension, DraftRange> {
  /** Identifies it while names and places change. */
  id: number;
  name: string;
}

/** Settings while a person edits them: numbers are the texts of their inputs. */
export interface Draft extends Record<CutPoints, readonly string[]> {
  scale: number;
  method: RfmMethod;
  windowDays: string;
  segments: readonly DraftSegment[];
  fallbackSegment: string;
}

const [LOWEST, HIGHEST] = [1, 5];
export const SCORES = [1, 2, 3, 4, 5];

export const draftOf = (thresholds: RfmThresholds): Draft => ({
  scale: thresholds.scale,
  method: thresholds.method,
  recencyDays: thresholds.recencyDays.map(String),
  frequencyOrders: thresholds.frequencyOrders.map(String),
  monetaryAmount: thresholds.monetaryAmount.map(String),
  windowDays: String(thresholds.windowDays),
  segments: thresholds.segments.map(({ name, recency, frequency, monetary }, id) => ({
    id,
    name,
    recency: fromRange(recency),
    frequency: fromRange(frequency),
    monetary: fromRange(monetary),
  })),
  fallbackSegment: thresholds.fallbackSegment,
});

/** Returns the settings of the draft. The api refuses those that are not valid, and names the field. */
export const thresholdsOf = (draft: Draft): MessageInitShape<typeof RfmThresholdsSchema> => ({
  scale: draft.scale,
  method: draft.method,
  recencyDays: draft.recencyDays.map(toNumber),
  frequencyOrders: draft.frequencyOrders.map(toNumber),
  monetaryAmount: draft.monetaryAmount.map(toNumber),
  windowDays: toWhole(draft.windowDays),
  segments: draft.segments.map(({ name, recency, frequency, monetary }) => ({
    name,
    recency: toRange(recency),
    frequency: toRange(frequency),
    monetary: toRange(monetary),
  })),
  fallbackSegment: draft.fallbackSegment,
});

/** Whether both are the same settings, whatever the ids of their segments. */
export const isSame = (a: Draft, b: Draft): boolean => identityOf(a) === identityOf(b);

const identityOf = ({ segments, ...rest }: Draft): string =>
  JSON.stringify([rest, segments.map(({ id: _, ...segment }) => segment)], sortKeys);

/** A draft that was edited may have its keys in another order. */
const sortKeys = (_: string, value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

const fromRange = (range: RfmRange | undefined): DraftRange => ({
  min: range?.min || LOWEST,
  max: range?.max || HIGHEST,
});

const toRange = ({ min, max }: DraftRange) =>
  min === LOWEST && max === HIGHEST
    ? undefined
    : { min: min === LOWEST ? 0 : min, max: max === HIGHEST ? 0 : max };

/** An empty input is not zero. */
const toNumber = (text: string): number => (text.trim() === '' ? NaN : Number(text));

const LARGEST_INT32 = 2 ** 31 - 1;
/** The api refuses 0. A text that is no int32 cannot be sent. */
const toWhole = (text: string): number => {
  const value = toNumber(text);
  return Number.isInteger(value) && Math.abs(value) <= LARGEST_INT32 ? value : 0;
};
