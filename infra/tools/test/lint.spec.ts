import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';

// A file with an exception to the boundaries. The exception is unused when the rule is skipped.
const FILE = 'infra/bench/src/peers/stock.ts';

let graph: string;
beforeEach(() => (graph = mkdtempSync(join(tmpdir(), 'core-lint-'))));
afterEach(() => rmSync(graph, { recursive: true, force: true }));

/** Runs `npm run lint` for this file, with Nx's cache in a separate folder. */
function lint(env: Record<string, string> = {}): Promise<{ code: unknown; output: string }> {
  const root = workspaceRoot();
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['infra/tools/src/lint/check.ts', FILE],
      { cwd: root, env: { ...process.env, NX_WORKSPACE_DATA_DIRECTORY: graph, ...env } },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
}

it('checks the boundaries even in a checkout in which Nx has never run', async () => {
  expect(await lint()).toEqual({ code: 0, output: '' });
});

it('fails when the boundaries rule is skipped', async () => {
  expect(await lint({ NX_CACHE_PROJECT_GRAPH: 'false' })).toEqual({
    code: 1,
    output: '@nx/enforce-module-boundaries was skipped, because Nx has not written the project graph\n',
  });
});

it('fails with the output of Nx when Nx cannot read the projects', async () => {
  writeFileSync(join(graph, 'file'), '');
  const { code, output } = await lint({ NX_WORKSPACE_DATA_DIRECTORY: join(graph, 'file/below') });
  expect([code, output]).toEqual([1, expect.stringContaining('Nx could not read the projects:')]);
});
