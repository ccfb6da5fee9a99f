/** The counts of a run whose slices are done. */
export interface Tally {
  /** The shop's count when the run began. */
  expected: number;
  /** The shop's count of the same customers now. */
  counted: number;
  /** Distinct customers that the run has read. */
  seen: number;
  /** Seen customers that were deleted, merged or erased since the run began. */
  gone: number;
  /** Deleted, merged or erased since the run began, without having been read. */
  goneUnseen: number;
  /** Whether the shop's ids were listed and compared already. */
  scanned: boolean;
}

export type Verdict = { kind: 'complete' } | { kind: 'scan' } | { kind: 'incomplete'; missing: number };

/**
 * Whether everybody was read. Counts alone could agree by chance (one missed, one deleted), so the first
 * count must be explained as well; whatever is not explained is looked for by comparing ids, once. After
 * that the shop's own list is the truth: an expected customer who is not on it left before being read. The
 * only fault left is a shop that counts more customers than it lists.
 */
export function judgeRun({ expected, counted, seen, gone, goneUnseen, scanned }: Tally): Verdict {
  const present = seen - gone;
  if (!scanned) {
    const explained = counted === present && seen + goneUnseen >= expected;
    return explained ? { kind: 'complete' } : { kind: 'scan' };
  }
  return counted > present ? { kind: 'incomplete', missing: counted - present } : { kind: 'complete' };
}
