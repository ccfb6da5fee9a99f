import type { Contestant } from './contestants.ts';

/** How many calls each process of ours answered while `work` ran. */
export async function requestsPerProcess(
  { adminUrl }: Contestant,
  work: () => Promise<unknown>,
): Promise<number[]> {
  const before = await callsOf(adminUrl);
  await work();
  const after = await callsOf(adminUrl);
  return [...after].map(([process, calls]) => calls - (before.get(process) ?? 0));
}

/** core_process_calls_total{process="<pid>"} of every process. */
async function callsOf(adminUrl: string | undefined): Promise<Map<string, number>> {
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
  const lines = metrics.matchAll(/^core_process_calls_total\{[^}]*process="(\d+)"[^}]*\} (\d+)/gm);
  return new Map([...lines].map(([, process = '', calls]) => [process, Number(calls)]));
}
