import { readImportId, readMerchantId, SHOP_DOMAIN } from '@core/contracts';
import type { PageRef, ShopConnection } from '@core/domain';

/**
 * A job that the importer did not create. No message quotes its value: it may be personal data or 3 MB long.
 */
export class PoisonedJob extends Error {
  override name = 'PoisonedJob';

  constructor(queue: string, data: unknown) {
    super(`a job of ${queue} was not made by the importer; its value has ${lengthOf(data)} characters`);
  }
}

/** Parses a job from Redis, to which other programs may write. @throws PoisonedJob */
export function readPageJob(queue: string, data: unknown): PageRef {
  const { slice, fence, page, ...ids } = (data ?? {}) as Partial<Record<keyof PageRef, unknown>>;
  const merchantId = readMerchantId(ids.merchantId);
  const importId = readImportId(ids.importId);
  if (merchantId && importId && isCount(slice) && isCount(fence) && isCount(page)) {
    return { merchantId, importId, slice, fence, page };
  }
  throw new PoisonedJob(queue, data);
}

/** Parses a schedule job, like readPageJob. */
export function readScheduleJob(queue: string, data: unknown): ShopConnection {
  const { shop, ...ids } = (data ?? {}) as Partial<Record<keyof ShopConnection, unknown>>;
  const merchantId = readMerchantId(ids.merchantId);
  if (merchantId && typeof shop === 'string' && shop.length < 100 && SHOP_DOMAIN.test(shop)) {
    return { merchantId, shop };
  }
  throw new PoisonedJob(queue, data);
}

/** Checks against the maximum of PostgreSQL's integer, the widest of the three columns. */
const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31;

function lengthOf(data: unknown): number {
  return JSON.stringify(data)?.length ?? 0;
}
