import { loadavg } from 'node:os';
import { cpuSecondsOf, disturbance, cpuSnapshot, type Disturbance } from './cpu.ts';

/** The result of one measurement of one contestant. */
export interface Measured extends Disturbance {
  perSecond: number;
  /** Microseconds of CPU per operation. */
  serverUs: number;
  databaseUs: number;
  driverUs: number;
  /** Milliseconds; pgbench reports none. */
  p50?: number;
  p99?: number;
  errors: Record<string, number>;
}

/**
 * The maximum share of steal or other load. With more, a measurement shows the neighbors, not the
 * contestant.
 */
export const MAX_DISTURBED = 0.1;
/** The minimum number of clean rounds for a verdict. */
export const MIN_CLEAN_ROUNDS = 3;

export interface Operation extends Pick<Measured, 'perSecond' | 'p50' | 'p99' | 'errors'> {
  operations: number;
  driverCpuSeconds: number;
}

/** At most one call in a thousand may fail, because a rate of failed calls means nothing. */
const MAX_FAILED = 1 / 1_000;

/**
 * Measures one run of the driver, and the CPU time that it costs its server and the databases.
 * @throws Error when more than one call in a thousand failed
 */
export async function measure(
  server: readonly number[],
  databases: readonly number[],
  drive: (onMeasuring: () => void) => Promise<Operation>,
): Promise<Measured> {
  const takeSnapshot = () => ({
    server: cpuSecondsOf(server),
    database: cpuSecondsOf(databases),
    machine: cpuSnapshot(),
  });
  let from = takeSnapshot();
  const { operations, driverCpuSeconds, ...done } = await drive(() => (from = takeSnapshot()));
  const to = takeSnapshot();
  const failed = Object.values(done.errors).reduce((sum, count) => sum + count, 0);
  if (failed > MAX_FAILED * (operations + failed)) {
    throw new Error(`${failed} calls failed, ${operations} succeeded: ${JSON.stringify(done.errors)}`);
  }
  const us = (cpuSeconds: number) => (1e6 * cpuSeconds) / Math.max(1, operations);
  return {
    ...done,
    serverUs: us(to.server - from.server),
    databaseUs: us(to.database - from.database),
    driverUs: us(driverCpuSeconds),
    ...disturbance(from.machine, to.machine),
  };
}

export const isClean = ({ steal, others }: Disturbance): boolean =>
  steal <= MAX_DISTURBED && others <= MAX_DISTURBED;

/** Consecutive attempts at one measurement, because other load often lasts for seconds only. */
const ATTEMPTS = 3;

/**
 * Measures every contestant in turn, `rounds` times. A disturbed measurement is repeated at once. When that
 * does not help, the round is abandoned and another one starts: at most twice `rounds` in total.
 * @returns the clean rounds, each with all contestants; fewer than `rounds` on a busy machine
 */
export async function measureRounds<Name extends string>(
  contestants: Record<Name, () => Promise<Measured>>,
  rounds: number,
  say: (line: string) => void,
): Promise<Record<Name, Measured>[]> {
  const clean: Record<Name, Measured>[] = [];
  for (let round = 1; clean.length < rounds && round <= 2 * rounds; round++) {
    const all: Partial<Record<Name, Measured>> = {};
    for (const name of Object.keys(contestants) as Name[]) {
      const measured = await untilClean(contestants[name], (each) =>
        say(`round ${round}  ${describe(name, each)}`),
      );
      if (!measured) break;
      all[name] = measured;
    }
    if (isWhole(all, contestants)) clean.push(all);
    else
      say(`round ${round} is abandoned: other load used more than ${100 * MAX_DISTURBED} % of the machine`);
  }
  return clean;
}

async function untilClean(
  measureOnce: () => Promise<Measured>,
  report: (measured: Measured) => void,
): Promise<Measured | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const measured = await measureOnce();
    report(measured);
    if (isClean(measured)) return measured;
  }
  return undefined;
}

const isWhole = <Name extends string>(
  round: Partial<Record<Name, Measured>>,
  contestants: Record<Name, unknown>,
): round is Record<Name, Measured> => Object.keys(contestants).every((name) => Object.hasOwn(round, name));

const describe = (name: string, m: Measured): string =>
  [
    name.padEnd(21),
    `${Math.round(m.perSecond)}/s`.padStart(8),
    `CPU us/op: server ${m.serverUs.toFixed(0)}, database ${m.databaseUs.toFixed(0)}, driver ${m.driverUs.toFixed(0)}`,
    ...(m.p50 === undefined ? [] : [`p50 ${m.p50.toFixed(2)} ms, p99 ${m.p99?.toFixed(2)} ms`]),
    describeDisturbance(m),
    ...Object.entries(m.errors).map(([code, count]) => `${count} x ${code}`),
  ].join('  ');

export const describeDisturbance = ({ steal, others }: Disturbance): string =>
  `steal ${(100 * steal).toFixed(1)} %, other processes ${(100 * others).toFixed(1)} %, load average ${loadavg()[0]?.toFixed(1)}`;
