/** The journal of drizzle-kit: `when` of each migration, in milliseconds since the epoch, is its identity. */
export interface Journal {
  entries: { idx: number; when: number; tag: string }[];
}

/**
 * Returns the journal with the times in the order of the migrations. A migration is applied after all with
 * earlier times, so one from a machine whose clock is behind would come before its predecessor.
 */
export const inOrder = <J extends Journal>(journal: J): J => {
  let last = 0;
  const entries = journal.entries.map((entry) => {
    last = Math.max(entry.when, last + 1);
    return { ...entry, when: last };
  });
  return { ...journal, entries };
};
