import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import type { E2e } from './support.ts';

/** Returns name, type and help of each metric of ours in Prometheus's text format. */
function metricsIn(text: string): string[] {
  const types = new Map(
    [...text.matchAll(/^# TYPE (core_\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]),
  );
  return [...text.matchAll(/^# HELP (core_\w+) (.+)$/gm)].map(
    ([, name, help]) => `${name} ${types.get(name)} ${help}`,
  );
}

export function metrics(e2e: () => E2e): void {
  it('docs/metrics.md has every metric that an app reports, with its type and meaning, and no other', async () => {
    const page = readFileSync(join(workspaceRoot(), 'docs/metrics.md'), 'utf8');
    const rows = page
      .split('\n')
      .filter((line) => line.startsWith('| `core_'))
      .map((line) => line.split('|').map((cell) => cell.trim()));
    const texts = await Promise.all(
      Object.values(e2e().stack.apps).map(async ({ adminUrl }) =>
        (await fetch(`${adminUrl}/metrics`)).text(),
      ),
    );
    const reported = new Set(texts.flatMap(metricsIn));
    const documented = rows.map(([, name = '', type, , , ...help]) =>
      [name.replaceAll('`', ''), type, help.slice(0, -1).join('|')].join(' '),
    );
    expect(reported.size).toBeGreaterThan(40);
    expect([...reported].filter((each) => !documented.includes(each))).toEqual([]);
    // A supervisor reports metrics that a single process does not.
    const names = new Set([...reported].map((each) => each.split(' ')[0]));
    expect(documented.filter((each) => !names.has(each.split(' ')[0]))).toEqual([]);
  });
}
