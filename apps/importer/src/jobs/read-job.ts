import { SHOP_DOMAIN } from '@core/contracts';
import type { PageRef, ShopConnection } from '@core/domain';

/**
 * A job that the importer did not make. No message quotes its value, which may be personal data or 3 MB long.
 */
export class PoisonedJob extends Error {
  override name = 'PoisonedJob';

  constructor(queue: string, data: unknown) {
    super(`a job of ${queue} was not made by the importer; its value has ${lengthOf(data)} characters`);
  }
}

/** Parses a job from Redis, to which other programs may write. @throws PoisonedJob */
export function readPageJob(queue: string, data: unknown): PageRef {
  const { merchantId, importId, slice, fence, page } = (data ?? {}) as Partial<
    Record<keyof PageRef, unknown>
  >;
  if (isUuid(merchantId) && isUuid(importId) && isCount(slice) && isCount(fence) && isCount(page)) {
    return { merchantId, importId, slice, fence, page };
  }
  throw new PoisonedJob(queue, data);
}

/** Like readPageJob. */
export function readScheduleJob(queue: string, data: unknown): ShopConnection {
  const { merchantId, shop } = (data ?? {}) as Partial<Record<keyof ShopConnection, unknown>>;
  if (isUuid(merchantId) && typeof shop === 'string' && shop.length < 100 && SHOP_DOMAIN.test(shop)) {
    return { merchantId, shop };
  }
  throw new PoisonedJob(queue, data);
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

const isUuid = (value: unknown): value is string =>
  typeof value === 'string' && value.length === 36 && UUID.test(value);

/** The maximum of PostgreSQL's integer, the widest of the three columns. */
const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31;

function lengthOf(data: unknown): number {
  return JSON.stringify(data)?.length ?? 0;
}
