import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DEFAULT_SIZE = 5_000;

export const isShopSize = (given: string): boolean => /^[1-9]\d{0,6}$/.test(given);

/**
 * How many customers the stand-in's shop has: as asked at the first start, and the same as long as the data
 * is kept, because a shop that shrinks would leave customers behind whom the tour cannot account for.
 * @throws Error saying what to do when another size is asked for
 */
export function shopSize(
  dir: string,
  { asked, fresh }: { asked: string | undefined; fresh: boolean },
): number {
  const file = join(dir, 'shop-size');
  if (existsSync(file) && !fresh) {
    const size = readFileSync(file, 'utf8');
    if (asked !== undefined && asked !== size) {
      throw new Error(`the shop has ${size} customers since the first start; add --fresh to change that`);
    }
    return Number(size);
  }
  const size = asked ?? String(DEFAULT_SIZE);
  mkdirSync(dir, { recursive: true });
  writeFileSync(file, size);
  return Number(size);
}
