/** Ticks of the whole machine since it started. */
interface Ticks {
  all: number;
  stolen: number;
}

/** @param stat /proc/stat; its first line is user nice system idle iowait irq softirq steal ... */
export function parseTicks(stat: string): Ticks {
  const ticks = (stat.split('\n')[0] ?? '').trim().split(/\s+/).slice(1, 9).map(Number);
  return { all: ticks.reduce((sum, n) => sum + n, 0), stolen: ticks[7] ?? 0 };
}

/** Which share of the machine other tenants of the hardware took in between, 0-1. */
export const stealBetween = (from: string, to: string): number => {
  const [a, b] = [parseTicks(from), parseTicks(to)];
  return b.all > a.all ? (b.stolen - a.stolen) / (b.all - a.all) : 0;
};
