import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureSystem } from '@core/local';
import { workspaceRoot } from '@core/testing';
import { fetchCypress } from './fetch-cypress.ts';

const LIMIT_MS = 900_000;

/**
 * Runs the specs of infra/e2e/cypress in Cypress's browser, on a virtual screen that Cypress starts itself.
 * @param values what the specs read with Cypress.env()
 * @returns the exit code, which is the number of failed tests, and the output
 */
export async function runCypress(
  baseUrl: string,
  values: Record<string, string>,
): Promise<{ failed: number; output: string }> {
  const libraries = ['libasound.so.2', 'libgtk-3.so.0', 'libnotify.so.4', 'libnss3.so'] as const;
  await ensureSystem({ need: ['Xvfb', ...libraries] });
  const { program, cache } = await fetchCypress();
  const home = mkdtempSync(join(tmpdir(), 'core-cypress-'));
  // Electron would be Node, and a screen of the person who runs this would show the browser.
  const { ELECTRON_RUN_AS_NODE: _, DISPLAY: __, ...env } = process.env;
  const variables = {
    ...env,
    // Its profile, its own bundles and its record of runs.
    HOME: home,
    XDG_CONFIG_HOME: home,
    CYPRESS_CACHE_FOLDER: cache,
    CYPRESS_BASE_URL: baseUrl,
    NO_COLOR: '1',
    CYPRESS_CRASH_REPORTS: '0',
    CYPRESS_COMMERCIAL_RECOMMENDATIONS: '0',
    // As variables: arguments are visible to every user of the machine.
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`CYPRESS_${name}`, value])),
  };
  const project = join(workspaceRoot(), 'infra/e2e/cypress');
  try {
    return await new Promise((resolve, reject) => {
      const args = [program, 'run', '--project', project, '--browser', 'electron'];
      const options = { env: variables, timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
      execFile(process.execPath, args, options, (error, stdout, stderr) => {
        const output = `${stdout}\n${stderr}`;
        if (error && typeof error.code !== 'number') {
          reject(new Error(`Cypress did not run: ${error.message}\n${output}`));
        } else resolve({ failed: Number(error?.code ?? 0), output });
      });
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
