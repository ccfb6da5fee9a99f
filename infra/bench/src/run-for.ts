import { measure, type Measured } from './rounds.ts';

/**
 * Runs `once` in several concurrent lanes, as fast as possible.
 * @param once returns the number of operations that it did
 */
export function runFor(
  databasePid: number,
  seconds: number,
  lanes: number,
  once: (lane: number) => Promise<number>,
): Promise<Measured> {
  return measure([], [databasePid], async (onMeasuring) => {
    onMeasuring();
    const cpu = process.cpuUsage();
    const begin = performance.now();
    let done = 0;
    const run = async (lane: number) => {
      while (performance.now() < begin + 1_000 * seconds) {
        // Not `done += await ...`: it would overwrite the additions of other lanes.
        const some = await once(lane);
        done += some;
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));
    const { user, system } = process.cpuUsage(cpu);
    return {
      operations: done,
      perSecond: done / ((performance.now() - begin) / 1_000),
      driverCpuSeconds: (user + system) / 1e6,
      errors: {},
    };
  });
}
