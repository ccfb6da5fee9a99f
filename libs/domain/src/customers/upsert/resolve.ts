import { isDeepStrictEqual } from 'node:util';
import type { CustomerId, ExternalId } from '@core/contracts';
import { canonicalJson } from '../../core/index.ts';
import { isMissed, type MissedWithin } from './is-missed.ts';
import { contentHash, type PageRow, type RowError } from './page.ts';

/** A stored customer that a page may concern, found by external id or by email. */
export interface StoredCustomer {
  id: CustomerId;
  externalId: string | null;
  emailHash: Buffer | null;
  /** True also for an email without a blind index. */
  hasEmail: boolean;
  contentHash: Buffer | null;
  /** Null when the content hash shows that nothing is new. */
  metadata: Record<string, unknown> | null;
  sourceUpdatedAt: Date | null;
  deletedAt: Date | null;
  /** Set: an erased row. Nothing may write to it, however it was found. */
  erasedAt: Date | null;
  version: number;
}

export interface Tombstones {
  /** External ids of the page that were erased. */
  externalIds: ReadonlySet<ExternalId>;
  /** Hex of the blind index. */
  emailHashes: ReadonlySet<string>;
}

/**
 * A customer to write. With an email, a null `emailHash` means that another customer of the merchant holds
 * it.
 */
export interface Insert {
  row: PageRow;
  emailHash: Buffer | null;
}

export interface Update {
  id: CustomerId;
  /** Version as read; the write has no effect if the row has another version by then. */
  version: number;
  row: PageRow;
  setEmail: boolean;
  emailHash: Buffer | null;
  changedFields: string[];
}

/**
 * A customer whose stored content the source reports for the first time, or with a later time than before.
 */
export interface Touch {
  id: CustomerId;
  sourceUpdatedAt: Date;
  /** Hash of what the source reports, if it differs from the stored one; null: it is the stored one. */
  contentHash: Buffer | null;
}

export interface Resolution {
  inserts: Insert[];
  updates: Update[];
  /** Ids of updated customers who release an email that another row of the page receives. */
  releases: CustomerId[];
  unchanged: number;
  touches: Touch[];
  /** Erased, or deleted after the source reported this. */
  skipped: number;
  warnings: RowError[];
  /** How many of the inserts and updates a webhook should have brought. */
  missed: number;
}

/**
 * Decides which customer each row of a page is: the one with its external id; else the row claims a stored
 * customer with its email and no external id; else it is a new customer. An email that belongs to another
 * customer is stored without its blind index (`email_shared`), until the first page that finds it free. Pure,
 * so that every case has a spec.
 * @param readSince the earliest time at which the page may have been read; null: only its rows' own times are
 * known
 */
export function resolvePage(
  rows: readonly PageRow[],
  stored: readonly StoredCustomer[],
  tombstones: Tombstones,
  readSince: Date | null = null,
  missedWithin?: MissedWithin,
): Resolution {
  const resolution: Resolution = {
    inserts: [],
    updates: [],
    releases: [],
    unchanged: 0,
    touches: [],
    skipped: 0,
    warnings: [],
    missed: 0,
  };
  const byExternalId = new Map(stored.filter((s) => s.externalId !== null).map((s) => [s.externalId, s]));
  const byEmail = new Map(stored.filter((s) => s.emailHash !== null).map((s) => [hex(s.emailHash), s]));

  const targets = new Map<PageRow, StoredCustomer | null>();
  const claimed = new Set<CustomerId>();
  for (const row of rows) {
    const known = byExternalId.get(row.externalId);
    const target = known ?? claimable(row, byEmail, claimed);
    if (target?.erasedAt) {
      resolution.skipped++;
      continue;
    }
    const here = known && known.deletedAt === null;
    if (!here && (isErased(row, byEmail, tombstones) || (known && !isBack(row, known, readSince)))) {
      resolution.skipped++;
      continue;
    }
    if (target) claimed.add(target.id);
    if (target && !hasNewContent(row, target) && !lacksIndex(row, target))
      keepUnchanged(resolution, row, target, null);
    else targets.set(row, target);
  }

  const owners = assignEmails(targets, byEmail);
  for (const [row, target] of targets) {
    const owns = row.emailHash !== null && owners.get(hex(row.emailHash)) === row;
    if (row.emailHash && !owns)
      resolution.warnings.push({ externalId: row.externalId, reason: 'email_shared' });
    const emailHash = owns ? row.emailHash : null;
    if (!target) {
      resolution.inserts.push({ row, emailHash });
      if (isMissed(row, missedWithin)) resolution.missed++;
      continue;
    }
    const update = compare(row, target, emailHash);
    if (update && isMissed(row, missedWithin, { target, update })) resolution.missed++;
    if (update) resolution.updates.push(update);
    else
      keepUnchanged(
        resolution,
        row,
        target,
        sameBytes(row.contentHash, target.contentHash) ? null : row.contentHash,
      );
  }
  resolution.releases = releases(resolution, byEmail);
  return resolution;
}

const hex = (hash: Buffer | null): string => hash?.toString('hex') ?? '';

const claimable = (row: PageRow, byEmail: Map<string, StoredCustomer>, claimed: ReadonlySet<CustomerId>) => {
  const holder = row.emailHash ? byEmail.get(hex(row.emailHash)) : undefined;
  return holder && holder.externalId === null && !claimed.has(holder.id) ? holder : null;
};

/**
 * Returns whether the row's person was erased. An erased external id stays erased, even when the person has
 * signed up again with the same email. An erased email counts only while no live customer has it again.
 */
const isErased = (row: PageRow, byEmail: Map<string, StoredCustomer>, tombstones: Tombstones): boolean =>
  tombstones.externalIds.has(row.externalId) ||
  (row.emailHash !== null &&
    tombstones.emailHashes.has(hex(row.emailHash)) &&
    !byEmail.has(hex(row.emailHash)));

/**
 * Returns the row of the page that holds each email afterwards: its present holder, else the first one to
 * want it.
 */
function assignEmails(
  targets: ReadonlyMap<PageRow, StoredCustomer | null>,
  byEmail: Map<string, StoredCustomer>,
): Map<string, PageRow> {
  const owners = new Map<string, PageRow>();
  const movers = new Map(
    [...targets].flatMap(([row, target]) => (target ? [[target.id, row] as const] : [])),
  );
  for (const [row, target] of targets) {
    if (!row.emailHash) continue;
    const key = hex(row.emailHash);
    const holder = byEmail.get(key);
    const holds = holder !== undefined && holder.id === target?.id;
    if (holder && !holds && !leaves(holder, movers.get(holder.id))) continue;
    if (holds || !owners.has(key)) owners.set(key, row);
  }
  return owners;
}

/** Returns whether this page takes the holder's email away. */
const leaves = (holder: StoredCustomer, row: PageRow | undefined): boolean =>
  row !== undefined && row.email !== undefined && !sameBytes(row.emailHash, holder.emailHash);

function keepUnchanged(
  resolution: Resolution,
  row: PageRow,
  { id, sourceUpdatedAt }: StoredCustomer,
  contentHash: Buffer | null,
): void {
  resolution.unchanged++;
  if (contentHash || sourceUpdatedAt === null || row.sourceUpdatedAt > sourceUpdatedAt) {
    resolution.touches.push({ id, sourceUpdatedAt: row.sourceUpdatedAt, contentHash });
  }
}

/**
 * Deletions have our time, rows the source's time. If our clock is slow, a change just before the deletion
 * seems to come after it. A customer who does return within these seconds is restored by the next run, which
 * has our time, too.
 */
const CLOCKS_DIFFER_MS = 5_000;

/**
 * Returns whether the source had this deleted customer again after the deletion. A row read before it may
 * arrive late.
 */
const isBack = (row: PageRow, { deletedAt }: StoredCustomer, readSince: Date | null): boolean =>
  deletedAt === null ||
  row.sourceUpdatedAt.getTime() > deletedAt.getTime() + CLOCKS_DIFFER_MS ||
  (readSince !== null && readSince > deletedAt);

const sameBytes = (a: Buffer | null, b: Buffer | null): boolean => (a && b ? a.equals(b) : a === b);

/**
 * Returns whether the source reports something that it did not report before. A value edited here since the
 * last import stays until the source changes; a row older than the last applied one contains no news.
 */
const hasNewContent = (row: PageRow, target: StoredCustomer): boolean =>
  target.externalId === null ||
  target.deletedAt !== null ||
  (!sameBytes(row.contentHash, target.contentHash) &&
    (target.sourceUpdatedAt === null || row.sourceUpdatedAt >= target.sourceUpdatedAt));

/**
 * Returns whether the source repeats what it reported when another customer held the email, which may be free
 * by now.
 */
const lacksIndex = (row: PageRow, target: StoredCustomer): boolean =>
  row.emailHash !== null && target.emailHash === null && sameBytes(row.contentHash, target.contentHash);

/**
 * Returns whether the row's email is the one stored without an index. Ciphertexts cannot be compared because
 * each encryption differs, but the content hash covers the email. If the metadata was edited here since, the
 * hash proves nothing, and the email is written.
 */
const isStored = ({ emailHash }: PageRow, { metadata, contentHash: known }: StoredCustomer): boolean =>
  metadata !== null && sameBytes(contentHash(emailHash, canonicalJson(metadata)), known);

/**
 * Returns the write that `target` needs, or null when nothing is new. An absent value keeps the stored one,
 * null empties the field.
 */
function compare(row: PageRow, target: StoredCustomer, emailHash: Buffer | null): Update | null {
  const claims = target.externalId === null;
  const isChanged = !sameBytes(row.contentHash, target.contentHash);
  const setEmail = changesEmail(row, target, emailHash);
  const newMetadata =
    isChanged &&
    Object.entries(row.metadata).some(([key, value]) => !isDeepStrictEqual(value, target.metadata?.[key]));
  // A restored customer reports its external id and metadata as changed, too.
  const returns = target.deletedAt !== null;
  const changedFields = [
    ...(setEmail ? ['email'] : []),
    ...(claims || returns ? ['external_id'] : []),
    ...(newMetadata || returns ? ['metadata'] : []),
  ];
  if (changedFields.length === 0) return null;
  // Without news only the index is written: metadata edited here stays.
  const written = isChanged ? row : { ...row, json: '{}' };
  return { id: target.id, version: target.version, row: written, setEmail, emailHash, changedFields };
}

/** @param emailHash the index of the row's email: null when the row has none, or another customer holds it */
function changesEmail(row: PageRow, target: StoredCustomer, emailHash: Buffer | null): boolean {
  const isChanged = !sameBytes(row.contentHash, target.contentHash);
  if (row.email === undefined) return false;
  if (row.email === null) return isChanged && target.hasEmail;
  const stillShared = emailHash === null && target.emailHash === null;
  return stillShared ? isChanged && !isStored(row, target) : !sameBytes(emailHash, target.emailHash);
}

/**
 * Returns the customers that must first release an email which another row receives: non-deferrable unique
 * keys are checked row by row.
 */
function releases({ inserts, updates }: Resolution, byEmail: Map<string, StoredCustomer>): CustomerId[] {
  const taken = [...inserts, ...updates.filter((update) => update.setEmail)].flatMap(
    ({ emailHash, ...rest }) => {
      const holder = emailHash ? byEmail.get(hex(emailHash)) : undefined;
      return holder && !('id' in rest && rest.id === holder.id) ? [holder.id] : [];
    },
  );
  return [...new Set(taken)];
}
