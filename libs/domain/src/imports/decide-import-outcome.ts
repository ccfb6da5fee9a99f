/** The counts of a run whose slices are done. */
export interface RunCounts {
  /** The shop's count when the run started. */
  expected: number;
  /** The shop's count of the same customers now. */
  counted: number;
  /** Distinct customers that the run has read. */
  seen: number;
  /** Seen customers that were deleted, merged or erased since the run started. */
  gone: number;
  /** Customers deleted, merged or erased since the run started, without having been read. */
  goneUnseen: number;
  /** Whether the shop's ids have already been listed and compared. */
  scanned: boolean;
}

export type ImportOutcome = { kind: 'complete' } | { kind: 'scan' } | { kind: 'incomplete'; missing: number };

/**
 * Decides whether the run read every customer. Counts alone could agree by chance (one missed, one deleted),
 * so the first count must be explained as well. Any unexplained difference is resolved by comparing ids,
 * once. After that the shop's own list is the truth: an expected customer who is not on it left before being
 * read. The only remaining fault is a shop that counts more customers than it lists.
 */
export function decideImportOutcome({
  expected,
  counted,
  seen,
  gone,
  goneUnseen,
  scanned,
}: RunCounts): ImportOutcome {
  const present = seen - gone;
  if (!scanned) {
    const explained = counted === present && seen + goneUnseen >= expected;
    return explained ? { kind: 'complete' } : { kind: 'scan' };
  }
  return counted > present ? { kind: 'incomplete', missing: counted - present } : { kind: 'complete' };
}
