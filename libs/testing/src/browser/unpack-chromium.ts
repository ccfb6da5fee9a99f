// Unpacks Chromium into the temporary folder of this process, and prints how to start it: see
// open-browser.ts.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Unpacked {
  executablePath: string;
  args: string[];
  /** Variables with which it finds its libraries and fonts. */
  env: Record<string, string>;
}

const packed = await import('@sparticuz/chromium');
const executablePath = await packed.default.executablePath();
if (spawnSync(executablePath, ['--version']).status !== 0) {
  // The folder of the package's archives.
  const bin = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '../bin');
  await packed.inflate(join(bin, 'al2023.tar.br'));
  packed.setupLambdaEnvironment(join(tmpdir(), 'al2023', 'lib'));
}
/**
 * Rejected: the package's own flags. They are for a machine with one process, and turn off what a spec must
 * see: `--disable-web-security`.
 */
const args = ['--no-sandbox', '--font-render-hinting=none', '--disable-gpu', '--headless=shell'];
const names = ['LD_LIBRARY_PATH', 'FONTCONFIG_PATH', 'HOME'];
const env = Object.fromEntries(
  names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
);
const unpacked: Unpacked = { executablePath, args, env: env as Unpacked['env'] };
process.stdout.write(JSON.stringify(unpacked));
