import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wholeNumber } from '@core/runtime';

const DEFAULT_SIZE = 5_000;

export const shopSizeFrom = wholeNumber({ min: 1, max: 9_999_999 });

/**
 * Returns the number of customers in the stand-in's shop. The first start sets it, and it stays the same
 * while the data is kept. If the shop shrank, the database would contain customers that the tour cannot
 * account for.
 * @throws Error with advice when another size is requested
 */
export function shopSize(
  dir: string,
  { asked, fresh }: { asked: number | undefined; fresh: boolean },
): number {
  const file = join(dir, 'shop-size');
  if (existsSync(file) && !fresh) {
    const size = Number(readFileSync(file, 'utf8'));
    if (asked !== undefined && asked !== size) {
      throw new Error(
        `The shop has had ${size} customers since the first start. Add --fresh to change the number; it deletes all data.`,
      );
    }
    return size;
  }
  const size = asked ?? DEFAULT_SIZE;
  mkdirSync(dir, { recursive: true });
  writeFileSync(file, String(size));
  return size;
}
