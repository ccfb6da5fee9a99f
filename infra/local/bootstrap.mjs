// The first command in a fresh clone. It is plain JavaScript, so that any Node from 20 on runs it. It
// installs the packages of package-lock.json, then continues in the Node version that package.json pins.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ENTRIES = {
  start: 'infra/local/src/start.ts',
  test: 'infra/tools/src/test/main.ts',
  lint: 'infra/tools/src/lint/check.ts',
  ops: 'apps/ops/src/main.ts',
  generate: 'infra/tools/src/generate.ts',
  bench: 'infra/bench/src/main.ts',
  load: 'infra/load/src/main.ts',
  faults: 'infra/faults/src/main.ts',
};

/**
 * System commands that these entries need. `start` and `test` install theirs themselves, when they need them.
 */
const NEEDS = {
  bench: ['java', 'mvn', 'redis-server'],
  faults: ['java', 'mvn', 'redis-server', 'pgbouncer'],
};

const NPM_CHECK_MS = 500;
/** When this process dies by SIGKILL, this shell's standard input ends, and it stops the program instead. */
const WATCHDOG = 'while read -r _; do :; done; kill -s TERM "$1"';

const parent = process.ppid;
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const bin = join(root, 'node_modules/.bin');
/** With this and Node's compile cache, the start of a program takes less than half the CPU. */
const FAST_IMPORTS = join(root, 'libs/testing/src/services/fast-imports.ts');
const [command, ...args] = process.argv.slice(2);

if (!Object.hasOwn(ENTRIES, command ?? '')) {
  console.error(`usage: node infra/local/bootstrap.mjs ${Object.keys(ENTRIES).join('|')} [arguments]`);
  process.exit(2);
}
if (!isInstalled()) install();
if (Object.hasOwn(NEEDS, command)) ensure(NEEDS[command]);
run(join(bin, 'node'), ['--import', pathToFileURL(FAST_IMPORTS).href, join(root, ENTRIES[command]), ...args]);

/**
 * Whether node_modules contains the packages of the lock file. npm writes its list of installed packages
 * last, so an interrupted install does not count. Rejected: a stamp file of our own, which would not notice a
 * manual `npm install`.
 */
function isInstalled() {
  const list = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(list) || !existsSync(join(bin, 'node'))) return false;
  const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const installed = packagesOf(list);
  return Object.entries(packagesOf(join(root, 'package-lock.json'))).every(
    ([path, wanted]) =>
      !path.includes('node_modules/') || // the folder of a workspace
      (wanted.optional && !installed[path]) || // for another platform
      (installed[path]?.version === wanted.version && installed[path]?.resolved === wanted.resolved),
  );
}

// Rejected: `npm ci`. It refuses the lock file because optional packages for other platforms are missing in
// it, although they would not be installed here. `npm install --no-save` installs the locked versions, too.
function install() {
  console.log('installing the packages of package-lock.json; the first time this takes a minute or two');
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync('npm', args, { cwd: root, stdio: 'inherit' });
  if (status === 0) return;
  console.error(
    `\nnpm install failed${error ? ` (${error.message})` : ''}. Check that the npm registry can be reached and that`,
  );
  console.error('1 GB of disk space is free, then run the same command again.');
  process.exit(1);
}

function ensure(commands) {
  const ensureScript = join(root, 'infra/local/src/ensure.ts');
  const { status } = spawnSync(join(bin, 'node'), [ensureScript, ...commands], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * Runs the program on this terminal, and exits with its exit code. The program has a separate process group.
 * Ctrl-C reaches the terminal's whole group, and npm forwards it a second time; only this process forwards it
 * to the program, once for each press. The program also stops when npm or this process dies: an orphaned
 * stack would keep its ports.
 */
function run(program, programArgs) {
  const cache = { NODE_COMPILE_CACHE: join(root, '.nx/compiled') };
  const env = { ...cache, ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  const child = spawn(program, programArgs, { cwd: root, env, stdio: 'inherit', detached: true });
  const last = new Map();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (Date.now() - (last.get(signal) ?? 0) > 500) child.kill(signal);
      last.set(signal, Date.now());
    });
  }
  child.on('error', (error) => {
    console.error(`${program} could not be started: ${error.message}`);
    process.exit(1);
  });
  stopWithNpm(child);
  const watchdog = spawn('sh', ['-c', WATCHDOG, 'watchdog', String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('exit', (code, signal) => {
    watchdog.kill('SIGKILL');
    process.exit(code ?? 128 + constants.signals[signal]);
  });
}

/**
 * Stops the program when npm dies. npm is the parent process: the scripts of package.json start with `exec`,
 * because a shell in between would not forward the signals from npm. When something else than npm has started
 * this process, it keeps running without its parent. Rejected: watching for the end of standard input. npm
 * shares its own, which may be a terminal or /dev/null.
 */
function stopWithNpm(child) {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill('SIGTERM');
  }, NPM_CHECK_MS);
}
