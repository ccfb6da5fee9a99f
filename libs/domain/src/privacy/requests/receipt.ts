/** One place that was looked at; core.v1.ErasedPlace. No PII. */
export interface ErasedPlace {
  /** A table, a topic or a queue. */
  place: string;
  /** Rows or records that held something. */
  found: number;
  /** What was removed; empty when nothing was there. */
  removed: string[];
  /** Why nothing had to be removed, or when what is left will be gone; empty otherwise. */
  remark: string;
}

/** What was looked at and removed. No PII. */
export interface ErasureReceipt {
  /** Null: nobody of that name is held here, or it is a shop's. */
  customerId: string | null;
  places: ErasedPlace[];
}

/** A place that was searched. */
export const searched = (
  place: string,
  found: number,
  what: readonly string[],
  remark = '',
): ErasedPlace => ({ place, found, removed: found > 0 ? [...what] : [], remark });

/** A place that holds nothing of a person by its making. */
const untouched = (place: string, remark: string): ErasedPlace => ({ place, found: 0, removed: [], remark });

/** Where nothing has to be removed, and why: a receipt that is silent about them leaves the question open. */
export const IDS_ALONE: readonly ErasedPlace[] = [
  untouched('outbox_events', 'holds our own ids and names of fields; rows go once they are published'),
  untouched('inbox_events', 'holds ids of events and digests of scores; rows go with their retention'),
  untouched('audit_log', 'holds our own ids, names of fields and counts; kept as proof'),
  untouched(
    'dead letters',
    'hold our own ids and scores: the fields of an event alone, and no name of a person, are written',
  ),
  untouched('import jobs', 'hold ids of imports and slices'),
  untouched(
    'customer_import_slices',
    "hold counts, and places in the shop's list in the shop's own words, until the import has read on, or 30 days after it was broken off",
  ),
  untouched(
    'backups',
    'hold what they held until their retention ends; docs/privacy.md says how a restore erases anew',
  ),
];
