import { PROCESSES, type Contestant } from './contestants.ts';

/** How many replicas every process of ours reads from. */
export async function usableReplicas({ adminUrl }: Contestant): Promise<number> {
  return countUsable(await (await fetch(`${adminUrl}/metrics`)).text(), PROCESSES);
}

/** @param metrics with core_replica_usable{replica="host:port"}, summed over the processes */
export const countUsable = (metrics: string, processes: number): number =>
  [...metrics.matchAll(/^core_replica_usable\{[^}]*\} (\d+)/gm)].filter(
    ([, count]) => Number(count) === processes,
  ).length;
