import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import { runBehind } from './run-behind.ts';
import { openServers } from './servers.ts';
import { PROXIES, versionOf } from './start-proxy.ts';

/**
 * Runs two apis, whose connections live for one second, behind each proxy with its file of infra/proxies.
 * Then it stops one server after the other: no call fails or runs twice, and watches outlive their
 * connection. A proxy that is not installed is reported as skipped.
 */
export async function runProxies({ short, seed, only, say, signal }: FaultRunOptions): Promise<FaultRun> {
  say(`seed ${seed}`);
  const run = { passed: 0, failed: 0, skipped: 0 };
  const found = new Map<(typeof PROXIES)[number], string>();
  for (const proxy of PROXIES) {
    if (only !== undefined && !proxy.name.toLowerCase().includes(only)) continue;
    const version = versionOf(proxy);
    if (version) found.set(proxy, version);
    else say(`skip   ${proxy.name}: not tested, ${proxy.command} is not on PATH (${proxy.install})`);
    if (!version) run.skipped++;
  }
  if (found.size === 0) return run;
  await using servers = await openServers();
  for (const [proxy, version] of found) {
    await runBehind(proxy, servers, {
      short,
      seed,
      signal,
      report(what, note, violations) {
        run[violations.length === 0 ? 'passed' : 'failed']++;
        say(`${violations.length === 0 ? 'ok    ' : 'FAILED'} ${proxy.name} ${version}, ${what}: ${note}`);
        for (const violation of violations) say(`       ${violation}`);
      },
    });
  }
  return run;
}
