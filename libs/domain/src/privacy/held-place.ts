import type { CustomerId, MerchantId } from '@core/contracts';
import type { MerchantKeys } from '@core/crypto';
import type { Tx } from '@core/db';
import type { CommandContext } from '../core/index.ts';
import type { LockedPerson } from './lock-person.ts';
import type { NamesInBody } from './mentions-person.ts';
import type { ExportedCustomer } from './personal-rows.ts';
import type { ShopProgress, ShopRedaction } from './requests/shop-redaction.ts';

/** A place that holds data of a person or of a shop, and what happens to it; see personal-data.ts. */
export interface PersonalPlace {
  /**
   * The content and its form, as Markdown for docs/privacy.md, like all texts here that no receipt contains.
   */
  holds: string;
  exported: Exported | Unaffected;
  ofPerson: ErasedOfPerson | Unaffected;
  ofShop: ErasedOfShop | Unaffected;
}

/** A place that holds no data of a person by design. */
export interface ImpersonalPlace {
  nothingPersonal: string;
  /** Receipts contain it, too: a receipt that does not mention a place leaves the question open. */
  inReceipts?: true;
}

export type HeldPlace = PersonalPlace | ImpersonalPlace;

/** Nothing is handed over or removed, for this reason. */
export interface Unaffected {
  why: string;
  /** As in ImpersonalPlace. */
  inReceipts?: true;
}

export interface Exported {
  /** The part of the place that is handed over. */
  words: string;
  read: ExportStep;
}

export interface ErasedOfPerson {
  /** For receipts; empty where something is written and nothing removed. */
  removes: readonly string[];
  erase: PersonStep;
  /** The receipt's remark, unless the step returns its own. */
  remark?: string;
  /** For docs/privacy.md, where `removes` does not describe it. */
  words?: string;
}

export interface ErasedOfShop {
  turn: ShopTurn;
  /** For receipts. */
  removes: readonly string[];
  remove: ShopStep;
  /** The receipt's remark when all data of the merchant is removed. */
  remark?: string;
  /** The receipt's remark, while the merchant has another shop connected. */
  ifAnotherShop?: string;
}

/**
 * The order of a shop's redaction. Within a turn, places follow the order of the registry.
 * - first: stops new data, or the following turns would not end; all of it in one step
 * - own: the shop's own data, in steps; the following turns wait for the merchant's last shop
 * - merchant, people: in steps
 * - last: the keys, without which nothing of the above can be read any more; with late arrivals and the
 *   receipt, in one step
 */
export const SHOP_TURNS = ['first', 'own', 'merchant', 'people', 'last'] as const;
export type ShopTurn = (typeof SHOP_TURNS)[number];

/** Data that an export leaves out although it belongs, or may belong, to the person. No PII. */
export interface LeftOut {
  place: string;
  count: number;
  /**
   * - email_does_not_open, body_does_not_open: changed, or its key is lost; the person of a body is then
   *   unknown
   * - body_is_no_json: contains no name as it is written, and may be about the person in another form
   * - not_looked_at: emails without a blind index that were not decrypted
   * - too_many: ListAuditLog returns them
   */
  reason: 'email_does_not_open' | 'body_does_not_open' | 'body_is_no_json' | 'not_looked_at' | 'too_many';
}

/** The customers that are one person, and the names by which the person is known elsewhere. */
export interface ExportedPerson extends NamesInBody {
  merchantId: MerchantId;
  customers: readonly ExportedCustomer[];
  customerIds: readonly CustomerId[];
}

export type ExportStep = (
  tx: Tx,
  ctx: Pick<CommandContext, 'keys'>,
  person: ExportedPerson,
) => Promise<{ rows: unknown[]; leftOut?: Omit<LeftOut, 'place'>[] }>;

/** A person that an erasure has locked, and the names by which the person is known elsewhere. */
export interface PersonErasure extends NamesInBody {
  merchantId: MerchantId;
  requestId: string;
  keys: MerchantKeys;
  person: LockedPerson;
  /** Our own ids of the person. */
  customerIds: readonly CustomerId[];
  tombstones: readonly { kind: 'email' | 'external_id'; hash: Buffer }[];
}

export type PersonStep = (
  tx: Tx,
  ctx: CommandContext,
  erasure: PersonErasure,
) => Promise<{ found: number; remark?: string }>;

/**
 * Removes at most one batch. When nothing was removed and no `after` is returned to continue from, nothing is
 * left. `redaction.progress.whole` is known by then.
 */
export type ShopStep = (
  tx: Tx,
  ctx: CommandContext,
  redaction: ShopRedaction,
) => Promise<{ removed: number } & Pick<ShopProgress, 'after' | 'nearlyDone'>>;
