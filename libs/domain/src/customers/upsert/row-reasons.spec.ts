import {
  explainReason,
  isRowReason,
  reasonsOf,
  ROW_EFFECTS,
  ROW_REASONS,
  type RowReason,
} from './row-reasons.ts';

const REASONS = Object.keys(ROW_REASONS) as RowReason[];

describe.each(REASONS)('%s', (reason) => {
  const { merchant, support } = explainReason(reason);

  it('has one sentence for the merchant and another for support', () => {
    for (const sentence of [merchant, support]) expect(sentence).toMatch(/^[A-Za-z][^.]*(\.[a-z_][^.]*)?\.$/);
    expect(merchant).not.toBe(support);
    // The merchant's sentence contains no internal names of the service.
    expect(merchant).not.toMatch(/metadata|blind index|[a-z]_[a-z]/);
  });

  it('states the outcome for the customer', () => {
    const { effect } = explainReason(reason);
    if (effect === 'not_stored') expect(merchant).toContain('was not stored');
    if (effect === 'field_left_out') expect(merchant).toContain('was stored without it');
    if (effect === 'note') expect(merchant).toContain('are stored');
  });
});

it('has a different sentence for each reason', () => {
  expect(new Set(REASONS.map((reason) => ROW_REASONS[reason].merchant)).size).toBe(REASONS.length);
  expect(ROW_EFFECTS.flatMap(reasonsOf).sort()).toEqual([...REASONS].sort());
});

it('explains an unknown reason, which counts as an error', () => {
  expect(isRowReason('of_a_newer_build')).toBe(false);
  expect(isRowReason('toString')).toBe(false);
  expect(explainReason('of_a_newer_build')).toMatchObject({ effect: 'field_left_out' });
});
