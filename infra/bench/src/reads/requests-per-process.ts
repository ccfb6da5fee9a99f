import type { Contestant } from './contestants.ts';

/** Returns the number of calls that each process of ours answered while `work` ran. */
export async function requestsPerProcess(
  { adminUrl }: Contestant,
  work: () => Promise<unknown>,
): Promise<number[]> {
  const before = await callsNow(adminUrl);
  await work();
  const after = await callsNow(adminUrl);
  return [...after].map(([process, calls]) => calls - (before.get(process) ?? 0));
}

const callsNow = async (adminUrl: string | undefined) =>
  callsOf(await (await fetch(`${adminUrl}/metrics`)).text());

/** @param metrics with core_process_calls_total{process="<pid>"} of every process */
export const callsOf = (metrics: string): Map<string, number> =>
  new Map(
    [...metrics.matchAll(/^core_process_calls_total\{[^}]*process="(\d+)"[^}]*\} (\d+)/gm)].map(
      ([, process = '', calls]) => [process, Number(calls)],
    ),
  );
