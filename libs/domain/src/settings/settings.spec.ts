import { clone } from '@bufbuild/protobuf';
import { RfmMethod, RfmThresholdsSchema, type RfmThresholds } from '@core/contracts';
import { CoreError } from '@core/runtime';
import { defaultThresholds } from './default-thresholds.ts';
import { RFM_CELLS, segmentOf } from './segments.ts';
import { validateThresholds } from './validate-thresholds.ts';

describe('the default thresholds', () => {
  const thresholds = defaultThresholds();

  it('are valid', () => expect(() => validateThresholds(thresholds, 'rfm_thresholds')).not.toThrow());

  it("name Shopify's eleven segments in order", () => {
    const names = [...thresholds.segments.map((segment) => segment.name), thresholds.fallbackSegment];
    expect(names.join(' ')).toBe(
      'CHAMPIONS LOYAL ACTIVE NEW PROMISING NEEDS_ATTENTION AT_RISK ALMOST_LOST PREVIOUSLY_LOYAL DORMANT PROSPECTS',
    );
  });

  it('give each of the 125 cells a listed segment, so that no customer with orders is a prospect', () => {
    expect(RFM_CELLS).toHaveLength(125);
    const given = new Set(RFM_CELLS.map(([r, f, m]) => segmentOf(thresholds, r, f, m)));
    expect([...given].sort()).toEqual(thresholds.segments.map((segment) => segment.name).sort());
  });

  it.each([
    [5, 5, 5, 'CHAMPIONS'],
    [4, 4, 4, 'CHAMPIONS'],
    [5, 5, 3, 'LOYAL'],
    [3, 4, 1, 'LOYAL'],
    [4, 3, 3, 'ACTIVE'],
    [5, 1, 5, 'NEW'],
    [4, 1, 1, 'PROMISING'],
    [3, 3, 3, 'NEEDS_ATTENTION'],
    [2, 3, 5, 'AT_RISK'],
    [2, 2, 2, 'ALMOST_LOST'],
    [1, 5, 5, 'PREVIOUSLY_LOYAL'],
    [1, 1, 1, 'DORMANT'],
  ])('put %i/%i/%i into %4$s', (r, f, m, segment) => expect(segmentOf(thresholds, r, f, m)).toBe(segment));
});

it('assigns the fallback to a score that no segment matches', () => {
  const thresholds = defaultThresholds();
  thresholds.segments = thresholds.segments.slice(0, 1);
  expect(segmentOf(thresholds, 1, 1, 1)).toBe('PROSPECTS');
});

describe('validateThresholds', () => {
  const cases: [string, (t: RfmThresholds) => void][] = [
    ['rfm_thresholds.scale', (t) => (t.scale = 10)],
    ['rfm_thresholds.method', (t) => (t.method = RfmMethod.UNSPECIFIED)],
    ['rfm_thresholds.method', (t) => (t.method = 9 as RfmMethod)],
    ['rfm_thresholds.recency_days', (t) => (t.recencyDays = [1, 2, 3])],
    ['rfm_thresholds.recency_days[2]', (t) => (t.recencyDays = [1, 2, 2, 4])],
    ['rfm_thresholds.frequency_orders[0]', (t) => (t.frequencyOrders = [-1, 2, 3, 4])],
    ['rfm_thresholds.monetary_amount[3]', (t) => (t.monetaryAmount = [1, 2, 3, Infinity])],
    ['rfm_thresholds.monetary_amount[0]', (t) => (t.monetaryAmount = [NaN, 2, 3, 4])],
    ['rfm_thresholds.window_days', (t) => (t.windowDays = 0)],
    ['rfm_thresholds.window_days', (t) => (t.windowDays = 3651)],
    ['rfm_thresholds.segments[1].name', (t) => (t.segments[1]!.name = '')],
    ['rfm_thresholds.segments[1].name', (t) => (t.segments[1]!.name = ' ')],
    ['rfm_thresholds.segments[1].name', (t) => (t.segments[1]!.name = 'x'.repeat(65))],
    ['rfm_thresholds.segments[1].name', (t) => (t.segments[1]!.name = 'CHAMPIONS')],
    ['rfm_thresholds.segments[0].recency.min', (t) => (t.segments[0]!.recency!.min = 6)],
    ['rfm_thresholds.segments[0].recency.max', (t) => (t.segments[0]!.recency!.max = -1)],
    ['rfm_thresholds.segments[0].recency', (t) => (t.segments[0]!.recency!.max = 3)],
    ['rfm_thresholds.segments[2]', (t) => (t.segments[2]!.frequency!.min = 4)],
    ['rfm_thresholds.fallback_segment', (t) => (t.fallbackSegment = '')],
  ];

  it.each(cases)('names the wrong field %s', (field, spoil) => {
    const thresholds = clone(RfmThresholdsSchema, defaultThresholds());
    spoil(thresholds);
    let error: unknown;
    try {
      validateThresholds(thresholds, 'rfm_thresholds');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(CoreError);
    expect(error).toMatchObject({ kind: 'invalid_argument', field });
  });

  it('lets the fallback repeat a listed segment', () => {
    const thresholds = defaultThresholds();
    thresholds.fallbackSegment = 'DORMANT';
    expect(() => validateThresholds(thresholds, 'rfm_thresholds')).not.toThrow();
  });
});
