import { appendAudit, emailHash, type MerchantKeys, type Tx } from '@core/db';
import type { CommandContext } from '../context.ts';
import { externalIdOf, type ExternalId } from '../external-id.ts';
import { healExternalId } from './heal-external-ids.ts';
import { recordChanges } from './record-change.ts';
import { reindexEmails } from './reindex-emails.ts';
import { enterErasure } from './privacy/erasure-gate.ts';
import { ERASED_COLUMNS, eraseRows } from './privacy/erase-rows.ts';
import { eraseTraces, type Traces } from './privacy/erase-traces.ts';
import {
  canonicalNames,
  findPerson,
  MERGED_WITH,
  type CanonicalNames,
  type PersonNames,
} from './privacy/person.ts';
import { completeRedaction, findReceipt } from './privacy/redact-request.ts';
import { IDS_ALONE, searched, type ErasureReceipt } from './privacy/receipt.ts';
import { findSharedEmails } from './privacy/shared-emails.ts';
import { emailTombstone, externalIdTombstone } from './privacy/tombstones.ts';

/** A person, named by at least one of the three. */
export interface RedactCustomer extends PersonNames {
  merchantId: string;
  requestId: string;
}

type Redaction = RedactCustomer & CanonicalNames;

/**
 * Erases a person: the row keeps its ids alone, what is held elsewhere goes, and tombstones keep imports from bringing
 * them back. Customers that the source merged are one person. Named by the email alone, everybody who holds it is
 * erased; named by an id, another customer with that email is left alone.
 *
 * An unknown person gets an empty receipt, and tombstones for the names given: an import may still be on its way with
 * them. A request that was done before gets its receipt again, and nothing is done: the person may be back by
 * their own wish.
 * @throws IdReused when the request's id belongs to another kind of request, or to a request for somebody
 *   else
 */
export async function redactCustomer(
  tx: Tx,
  ctx: CommandContext,
  given: RedactCustomer,
): Promise<ErasureReceipt> {
  const { merchantId, requestId } = given;
  const input = canonicalNames(given);
  await enterErasure(tx, merchantId);
  const before = await findReceipt(tx, ctx, input);
  if (before) return before;
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const person = await lockPerson(tx, ctx, keys, input);
  const changes = await eraseRows(
    tx,
    merchantId,
    person.rows.map(({ id }) => id),
  );
  await recordChanges(
    tx,
    changes.map((change) => ({
      ctx,
      change,
      audit: { action: 'customer.erase', detail: { request_id: requestId } },
    })),
  );
  // Tombstones are written for the names given, so the log must say by what request.
  if (changes.length === 0) {
    await appendAudit(tx, ctx, {
      merchantId,
      customerId: person.id ?? undefined,
      action: 'customer.erase',
      detail: { request_id: requestId, customers: 0 },
    });
  }
  const receipt: ErasureReceipt = {
    customerId: person.id,
    places: [
      searched('customers', changes.length, ERASED_COLUMNS, remarkOf(person)),
      ...(await eraseTraces(tx, ctx, keys, await tracesOf(tx, keys, input, person))),
      ...IDS_ALONE,
    ],
  };
  await completeRedaction(tx, keys, input, receipt);
  return receipt;
}

interface Person {
  /** Whom the names meant; null: nobody. */
  id: string | null;
  /** Whether our own id was given, and is theirs: the other names are then not looked at. */
  isOwn: boolean;
  rows: { id: string; external_id: string | null; email_hash: Buffer | null; deleted: boolean }[];
  /** How many of the rows hold the email without its blind index. */
  shared: number;
  /** Whether all who might were looked at. */
  allShared: boolean;
}

async function lockPerson(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  input: Redaction,
): Promise<Person> {
  const { merchantId, customerId, externalId, email } = input;
  await healNames(tx, ctx, keys, input);
  const id = await findPerson(tx, keys, merchantId, input);
  const isOwn = id !== null && id === customerId;
  const shared =
    email && !externalId && !isOwn
      ? await findSharedEmails(tx, ctx, keys, { merchantId, email })
      : { ids: [], all: true };
  const named = [...(id ? [id] : []), ...shared.ids];
  const rows = await tx.query<Person['rows'][number]>(
    `select id, external_id, email_hash, deleted_at is not null as deleted
       from customers where merchant_id = $1 and id in (${MERGED_WITH}) order by id for update`,
    [merchantId, named],
  );
  return { id: named[0] ?? null, isOwn, rows, shared: shared.ids.length, allShared: shared.all };
}

/**
 * Earlier builds stored names in other forms: by them the person would not be found, or would be found as one of two
 * customers, and the other stay.
 */
async function healNames(tx: Tx, ctx: CommandContext, keys: MerchantKeys, input: Redaction): Promise<void> {
  const { merchantId, customerId, email } = input;
  if (email) await reindexEmails(tx, keys, merchantId, [email]);
  const stored = customerId ? await storedExternalId(tx, merchantId, customerId) : undefined;
  const externalId = stored ?? input.externalId;
  if (externalId) await healExternalId(tx, ctx, { merchantId, origin: 'privacy' }, externalId);
}

async function storedExternalId(
  tx: Tx,
  merchantId: string,
  customerId: string,
): Promise<ExternalId | undefined> {
  const [row] = await tx.query<{ externalId: string | null }>(
    'select external_id as "externalId" from customers where merchant_id = $1 and id = $2',
    [merchantId, customerId],
  );
  return row?.externalId ? externalIdOf(row.externalId) : undefined;
}

const remarkOf = ({ rows, shared, allShared }: Person): string =>
  [
    ...(rows.length > 1 ? [`${rows.length} customers: merged in the source, or with the same email`] : []),
    ...(shared > 0 ? [`${shared} of them found by decrypting emails without a blind index`] : []),
    ...(allShared
      ? []
      : [
          'not every email without a blind index could be looked at: others may hold this one, name them by their ids',
        ]),
  ].join('; ');

/** By what the person is known elsewhere. */
async function tracesOf(
  tx: Tx,
  keys: MerchantKeys,
  { merchantId, requestId, customerId, externalId, email }: Redaction,
  { rows, isOwn }: Person,
): Promise<Traces> {
  const customerIds = rows.length > 0 ? rows.map(({ id }) => id) : customerId ? [customerId] : [];
  const stored = rows.flatMap(({ external_id: id }) => (id ? [externalIdOf(id)] : []));
  const externalIds = new Set([...stored, ...(externalId ? [externalId] : [])]);
  const hashes = rows.flatMap((row) => row.email_hash ?? []);
  // A deleted customer's email is gone already: what the request says of it stands in.
  if (email && (rows.every(({ deleted }) => deleted) || (!isOwn && !externalId))) {
    hashes.push(emailHash(keys, email));
  }
  const emailHashes = new Set(hashes.map((hash) => hash.toString('hex')));
  // Who asks by an external id that is not known here may share the email with a customer who stays.
  const stay = await tx.query<{ hash: string }>(
    `select encode(email_hash, 'hex') as hash from customers
      where merchant_id = $1 and email_hash = any($2::bytea[]) and id <> all($3::uuid[])`,
    [merchantId, hashes, customerIds],
  );
  const others = new Set(stay.map(({ hash }) => hash));
  return {
    merchantId,
    requestId,
    customerIds,
    externalIds,
    emailHashes: new Set([...emailHashes].filter((hash) => !others.has(hash))),
    tombstones: [
      ...[...emailHashes].map((hash) => ({
        kind: 'email' as const,
        hash: emailTombstone(keys, Buffer.from(hash, 'hex')),
      })),
      ...[...externalIds].map((id) => ({
        kind: 'external_id' as const,
        hash: externalIdTombstone(keys, id),
      })),
    ],
  };
}
