import { cpuSecondsOf, machineNow, stealBetween } from './cpu.ts';

/** What one measurement of one contestant gave. */
export interface Measured {
  perSecond: number;
  /** Microseconds of CPU per operation. */
  serverUs: number;
  databaseUs: number;
  driverUs: number;
  /** Share of the machine that other tenants took meanwhile, 0-1. */
  steal: number;
  p50: number;
  p99: number;
  errors: Record<string, number>;
}

/** A round with more steal than this says more of the neighbours than of the contestants. */
export const MOST_STEAL = 0.1;
/** Fewer clean rounds give no verdict. */
export const FEWEST_CLEAN = 3;

export interface Operation {
  perSecond: number;
  operations: number;
  driverCpuSeconds: number;
  p50: number;
  p99: number;
  errors: Record<string, number>;
}

/** Measures one operation of the driver with what it costs its server and the databases. */
export async function measure(
  server: readonly number[],
  databases: readonly number[],
  drive: (onMeasuring: () => void) => Promise<Operation>,
): Promise<Measured> {
  const look = () => ({
    server: cpuSecondsOf(server),
    database: cpuSecondsOf(databases),
    machine: machineNow(),
  });
  let from = look();
  const done = await drive(() => (from = look()));
  const to = look();
  const us = (cpuSeconds: number) => (1e6 * cpuSeconds) / Math.max(1, done.operations);
  return {
    perSecond: done.perSecond,
    serverUs: us(to.server - from.server),
    databaseUs: us(to.database - from.database),
    driverUs: us(done.driverCpuSeconds),
    steal: stealBetween(from.machine, to.machine),
    p50: done.p50,
    p99: done.p99,
    errors: done.errors,
  };
}

/**
 * Measures every contestant in turn, `rounds` times. A round in which somebody met too much steal is done
 * again, for at most as many rounds more.
 * @returns the clean rounds, each with all contestants; fewer than asked for on a busy machine
 */
export async function alternate<Name extends string>(
  contestants: Record<Name, () => Promise<Measured>>,
  rounds: number,
  say: (line: string) => void,
): Promise<Record<Name, Measured>[]> {
  const clean: Record<Name, Measured>[] = [];
  for (let round = 1; clean.length < rounds && round <= 2 * rounds; round++) {
    const all = {} as Record<Name, Measured>;
    for (const name of Object.keys(contestants) as Name[]) {
      const measured = (all[name] = await contestants[name]());
      say(`round ${round}  ${describe(name, measured)}`);
    }
    const worst = Math.max(...Object.values<Measured>(all).map(({ steal }) => steal));
    if (worst <= MOST_STEAL) clean.push(all);
    else say(`round ${round} does not count: others took ${Math.round(100 * worst)} % of the machine`);
  }
  return clean;
}

const describe = (name: string, m: Measured): string =>
  [
    name.padEnd(15),
    `${Math.round(m.perSecond)}/s`.padStart(10),
    `CPU us/op: server ${m.serverUs.toFixed(0)}, database ${m.databaseUs.toFixed(0)}, driver ${m.driverUs.toFixed(0)}`,
    `p50 ${m.p50.toFixed(2)} ms, p99 ${m.p99.toFixed(2)} ms`,
    `steal ${(100 * m.steal).toFixed(1)} %`,
    ...Object.entries(m.errors).map(([code, count]) => `${count} x ${code}`),
  ].join('  ');
