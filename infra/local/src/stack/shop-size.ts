import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wholeNumber } from '@core/runtime';

const DEFAULT_SIZE = 5_000;

export const shopSizeFrom = wholeNumber({ min: 1, max: 9_999_999 });

/**
 * How many customers the stand-in's shop has: as asked at the first start, and the same as long as the data
 * is kept, because a shop that shrinks would leave customers behind that the tour cannot account for.
 * @throws Error saying what to do when another size is asked for
 */
export function shopSize(
  dir: string,
  { asked, fresh }: { asked: number | undefined; fresh: boolean },
): number {
  const file = join(dir, 'shop-size');
  if (existsSync(file) && !fresh) {
    const size = Number(readFileSync(file, 'utf8'));
    if (asked !== undefined && asked !== size) {
      throw new Error(`the shop has ${size} customers since the first start; add --fresh to change that`);
    }
    return size;
  }
  const size = asked ?? DEFAULT_SIZE;
  mkdirSync(dir, { recursive: true });
  writeFileSync(file, String(size));
  return size;
}
