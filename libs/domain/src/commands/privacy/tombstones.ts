import { createHmac } from 'node:crypto';
import { keyedHash, type MerchantKeys } from '@core/db';

/**
 * The hash by which an erased email is known. Made of its blind index, which is what an erasure by id has of it, and
 * not the index itself: that one is to be found nowhere once the person is erased.
 * @param blindIndex of emailHash
 */
export const emailTombstone = (keys: MerchantKeys, blindIndex: Buffer): Buffer =>
  createHmac('sha256', keys.indexKey).update('erased_email|').update(blindIndex).digest();

/** The hash by which an erased external id is known. */
export const externalIdTombstone = (keys: MerchantKeys, externalId: string): Buffer =>
  keyedHash(keys, 'external_id', externalId);
