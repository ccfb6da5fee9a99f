import { randomUUID } from 'node:crypto';
import { readMerchantId, type MerchantId } from '@core/contracts';
import { readSignedText, signText } from '@core/crypto';

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
      const state = signText(keys, JSON.stringify([merchantId, shop, linkId, expiresAt.getTime()]));
      return { merchantId, shop, linkId, expiresAt, state };
    },
    read(state) {
      const text = readSignedText(keys, state, LONGEST_STATE);
      if (text === undefined) return undefined;
      const [merchant, shop, linkId, expires] = JSON.parse(text) as [string, string, string, number];
      const merchantId = readMerchantId(merchant);
      if (merchantId === null || now() >= expires) return undefined;
      return { merchantId, shop, linkId, expiresAt: new Date(expires) };
    },
  };
}
