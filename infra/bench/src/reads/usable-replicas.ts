import type { Contestant } from './contestants.ts';

/** Returns the number of replicas that every process of ours reads from. */
export async function usableReplicas({ adminUrl }: Contestant): Promise<number> {
  return countUsable(await (await fetch(`${adminUrl}/metrics`)).text());
}

/** @param metrics with core_replica_usable{replica="host:port"}: 1 when all processes use it, else 0 */
export const countUsable = (metrics: string): number =>
  [...metrics.matchAll(/^core_replica_usable\{[^}]*\} 1$/gm)].length;
