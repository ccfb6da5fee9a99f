import type { CustomerId, MerchantId } from '@core/contracts';
import type { MerchantKeys } from '@core/crypto';
import type { Tx } from '@core/db';
import type { CommandContext } from '../core/index.ts';
import type { LockedPerson } from './lock-person.ts';
import type { NamesInBody } from './names-in-body.ts';
import type { ExportedCustomer } from './personal-rows.ts';
import type { ShopProgress, ShopRedaction } from './requests/shop-redaction.ts';

/** A place that holds something of a person or of a shop, and what becomes of it; see personal-data.ts. */
export interface PersonalPlace {
  /** The content and its form, as Markdown for docs/privacy.md, like all words here that no receipt shows. */
  holds: string;
  exported: Exported | Stays;
  ofPerson: ErasedOfPerson | Stays;
  ofShop: ErasedOfShop | Stays;
}

/** A place that holds nothing of a person by its making. */
export interface ImpersonalPlace {
  nothingPersonal: string;
  /** Receipts say it, too: one that is silent about a place leaves the question open. */
  told?: true;
}

export type HeldPlace = PersonalPlace | ImpersonalPlace;

/** Nothing is handed over or removed, and why. */
export interface Stays {
  why: string;
  /** As in ImpersonalPlace. */
  told?: true;
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
  /** The receipt's remark, unless the step has one of its own. */
  remark?: string;
  /** For docs/privacy.md, where `removes` does not say it. */
  words?: string;
}

export interface ErasedOfShop {
  turn: ShopTurn;
  /** For receipts. */
  removes: readonly string[];
  remove: ShopStep;
  /** The receipt's remark, when everything of the merchant goes. */
  remark?: string;
  /** The receipt's remark, while the merchant has another shop connected. */
  ifAnotherShop?: string;
}

/**
 * The order of a shop's redaction. Within a turn the order is that of the registry.
 * - first: nothing may come any more, or the following turns would not end; all of it in one step
 * - own: the shop's own data, by steps; the following turns wait for the merchant's last shop
 * - merchant, people: by steps
 * - last: the keys, without which nothing of the above could be read any more; with late arrivals and the
 *   receipt, in one step
 */
export const SHOP_TURNS = ['first', 'own', 'merchant', 'people', 'last'] as const;
export type ShopTurn = (typeof SHOP_TURNS)[number];

/** Data that an export leaves out although it is, or may be, of the person. No PII. */
export interface LeftOut {
  place: string;
  count: number;
  /**
   * - email_does_not_open, body_does_not_open: changed, or its key is lost; whose a body is nobody can tell
   * - body_is_no_json: it holds no name as it is written, and may be about the person in another form
   * - not_looked_at: emails without a blind index that nobody decrypted
   * - too_many: ListAuditLog reads them
   */
  reason: 'email_does_not_open' | 'body_does_not_open' | 'body_is_no_json' | 'not_looked_at' | 'too_many';
}

/** Whoever is one person, and the names that they are known by elsewhere. */
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

/** A person in the hands of an erasure, and the names that they are known by elsewhere. */
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
 * Removes no more than a step may. With nothing removed, and no `after` from where it goes on, nothing is left.
 * `redaction.progress.whole` is known by then.
 */
export type ShopStep = (
  tx: Tx,
  ctx: CommandContext,
  redaction: ShopRedaction,
) => Promise<{ removed: number } & Pick<ShopProgress, 'after' | 'nearlyDone'>>;
