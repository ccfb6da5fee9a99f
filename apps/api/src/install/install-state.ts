import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { readMerchantId, type MerchantId } from '@core/contracts';

/** The merchant and the shop that an installation is for. */
export interface InstallState {
  merchantId: MerchantId;
  shop: string;
  /** Each link works once. */
  linkId: string;
  expiresAt: Date;
}

/** The `state` of an OAuth run: signed, so that no one can run it for another merchant or shop. */
export interface InstallStates {
  make(of: Pick<InstallState, 'merchantId' | 'shop'>): InstallState & { state: string };
  /** @returns undefined for a text that is not a state of ours, or has expired */
  read(state: string): InstallState | undefined;
}

/** Long enough to sign in to Shopify and to read what the app asks for. */
export const LINK_LIFE_MS = 10 * 60_000;
/** A state has about 150 characters. */
const LONGEST_STATE = 1_000;

/** @param keys the first key signs, all of them verify: a link survives a rotation of the keys */
export function createInstallStates(
  keys: readonly [Buffer, ...Buffer[]],
  now: () => number = Date.now,
): InstallStates {
  return {
    make({ merchantId, shop }) {
      const linkId = randomUUID();
      const expiresAt = new Date(now() + LINK_LIFE_MS);
      const body = Buffer.from(JSON.stringify([merchantId, shop, linkId, expiresAt.getTime()]));
      const state = `${body.toString('base64url')}.${sign(keys[0], body).toString('base64url')}`;
      return { merchantId, shop, linkId, expiresAt, state };
    },
    read(state) {
      if (state.length > LONGEST_STATE) return undefined;
      const parts = state.split('.').map((part) => Buffer.from(part, 'base64url'));
      const [body, signature] = parts;
      if (!body || !signature || parts.length !== 2) return undefined;
      // base64 has several spellings of the same bytes; a state of ours has only one.
      if (parts.map((part) => part.toString('base64url')).join('.') !== state) return undefined;
      if (!keys.some((key) => equal(signature, sign(key, body)))) return undefined;
      const [merchant, shop, linkId, expires] = JSON.parse(body.toString()) as [
        string,
        string,
        string,
        number,
      ];
      const merchantId = readMerchantId(merchant);
      if (merchantId === null || now() >= expires) return undefined;
      return { merchantId, shop, linkId, expiresAt: new Date(expires) };
    },
  };
}

const sign = (key: Buffer, body: Buffer): Buffer => createHmac('sha256', key).update(body).digest();
const equal = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
