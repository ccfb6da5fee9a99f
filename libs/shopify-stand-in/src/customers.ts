import { hashText, mix } from './hash.ts';

/**
 * A customer of a shop, flat. The GraphQL view adds fields that Shopify derives (displayName,
 * defaultEmailAddress).
 */
export interface StandInCustomer {
  /** gid://shopify/Customer/N */
  id: string;
  email: string | null;
  firstName: string;
  lastName: string;
  /** UnsignedInt64, which Shopify sends as a string. */
  numberOfOrders: string;
  amountSpent: { amount: string; currencyCode: string };
  tags: string[];
  state: 'ENABLED' | 'DISABLED' | 'INVITED' | 'DECLINED';
  locale: string;
  /** A field of CustomerStatistics. Null: Shopify has not computed it. */
  rfmGroup: RfmGroup | null;
  verifiedEmail: boolean;
  /** ISO 8601 in UTC with seconds, in Shopify's format. */
  createdAt: string;
  updatedAt: string;
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/enums/CustomerRfmGroup. */
const RFM_GROUPS = [
  ...(['ACTIVE', 'ALMOST_LOST', 'AT_RISK', 'CHAMPIONS', 'DORMANT', 'LOYAL'] as const),
  ...(['NEEDS_ATTENTION', 'NEW', 'PREVIOUSLY_LOYAL', 'PROMISING'] as const),
];
/** PROSPECTS: "Customers with no orders yet." */
const NO_ORDERS = 'PROSPECTS';
export type RfmGroup = (typeof RFM_GROUPS)[number] | typeof NO_ORDERS;

/** The values needed for sorting and searching. They are cheap enough to compute for a million rows. */
export interface Facts {
  id: number;
  createdMs: number;
  updatedMs: number;
  /** 1 with an email, 0 without. */
  emails: number;
}

export interface CustomerSource {
  idAt(index: number): number;
  factsAt(index: number): Facts;
  customerAt(index: number): StandInCustomer;
  /** Returns the index of a gid of this shop, else undefined. */
  indexOf(gid: string): number | undefined;
}

const FIRST_NAMES = ['Ada', 'Björn', 'Chidi', 'Dolores', 'Emre', 'Fatima', 'Grace', 'Hiro'];
const LAST_NAMES = ['Example', 'Sample', 'Muster', 'Modelo', 'Esempio', 'Örnek', 'Vzorek', 'Exemplo'];
const LOCALES = ['en', 'de', 'fr', 'ja', 'pt-BR'];
const STATES = ['ENABLED', 'DISABLED', 'INVITED', 'DECLINED'] as const;
const TAGS = ['vip', 'wholesale', 'newsletter', 'repeat'];

const GID = 'gid://shopify/Customer/';
const ID_STEP = 32; // ids rise with gaps, so that no client can use them as offsets
const SHOP_SPAN = 1e11; // keeps the ids of two shops apart
const FIRST_CREATED_MS = Date.UTC(2020, 0, 1);
// A million customers span less than five years, and creation times rise with the index.
const SPACING_S = 150;
const YEAR_S = 365 * 86_400;

/**
 * Computes customers from (seed, shop, index). The same three values always give the same person, so any
 * number of customers needs no memory. About 1 % have no email. Some addresses contain upper-case or
 * full-width letters; they stay unique after NFKC and lower-casing. About 2 % have no RFM group, which the
 * schema allows.
 */
export function customerSource(seed: string, shop: string): CustomerSource {
  const key = hashText(`${seed}|${shop}`);
  const base = 6e12 + (key % 1000) * SHOP_SPAN;
  const pick = (index: number, salt: number, below: number) => mix(key, index, salt) % below;
  const one = <T>(list: readonly [T, ...T[]] | readonly T[], index: number, salt: number): T =>
    list[pick(index, salt, list.length)] as T;
  const idAt = (index: number) => base + (index + 1) * ID_STEP;
  const factsAt = (index: number): Facts => {
    const created = FIRST_CREATED_MS + (index * SPACING_S + pick(index, 1, SPACING_S)) * 1000;
    return {
      id: idAt(index),
      createdMs: created,
      updatedMs: created + pick(index, 2, YEAR_S) * 1000,
      emails: pick(index, 6, 100) === 0 ? 0 : 1,
    };
  };

  return {
    idAt,
    factsAt,
    customerAt(index) {
      const { id, createdMs, updatedMs, emails } = factsAt(index);
      const orders = pick(index, 3, 3) === 0 ? 0 : pick(index, 4, 40) + 1;
      const cents = orders * (500 + pick(index, 5, 20_000));
      return {
        id: `${GID}${id}`,
        email: emails === 0 ? null : emailAt(index, pick(index, 7, 50)),
        firstName: one(FIRST_NAMES, index, 8),
        lastName: one(LAST_NAMES, index, 9),
        numberOfOrders: String(orders),
        amountSpent: { amount: (cents / 100).toFixed(2), currencyCode: 'EUR' },
        tags: TAGS.filter((_, at) => pick(index, 10 + at, 4) === 0),
        state: one(STATES, index, 20),
        locale: one(LOCALES, index, 21),
        rfmGroup: pick(index, 23, 50) === 0 ? null : orders === 0 ? NO_ORDERS : one(RFM_GROUPS, index, 24),
        verifiedEmail: pick(index, 22, 5) !== 0,
        createdAt: isoSeconds(createdMs),
        updatedAt: isoSeconds(updatedMs),
      };
    },
    indexOf(gid) {
      const index = (Number(gid.slice(GID.length)) - base) / ID_STEP - 1;
      return gid.startsWith(GID) && Number.isInteger(index) && index >= 0 ? index : undefined;
    },
  };
}

export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function emailAt(index: number, variant: number): string {
  if (variant === 0) return `Person.${index}@EXAMPLE.com`;
  if (variant === 1) return `ｐｅｒｓｏｎ.${index}@example.com`; // full width: NFKC converts it to ASCII
  if (variant === 2) return `pérsøn.${index}@example.com`;
  return `person.${index}@example.com`;
}
