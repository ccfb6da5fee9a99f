// The first command of a fresh clone: plain JavaScript for whatever Node (20 or newer) the machine has. It
// installs what package-lock.json says and goes on in the Node that package.json pins.
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

/** Commands that these need and npm does not bring; start and test install theirs where they need them. */
const NEEDS = {
  bench: ['java', 'mvn', 'redis-server'],
  faults: ['java', 'mvn', 'redis-server', 'pgbouncer'],
};

const NPM_CHECK_MS = 500;
/** If we die by SIGKILL this shell's standard input ends, and it stops the program in our place. */
const WATCHDOG = 'while read -r _; do :; done; kill -s TERM "$1"';

const parent = process.ppid;
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const bin = join(root, 'node_modules/.bin');
/** With Node's compile cache the start of a program takes less than half the CPU. */
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
 * Whether node_modules holds what the lock file says. npm writes the list of what it installed at the very end,
 * so an install that was cut off does not count; and, unlike with a stamp of our own, `npm install` by hand does.
 */
function isInstalled() {
  const list = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(list) || !existsSync(join(bin, 'node'))) return false;
  const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const installed = packagesOf(list);
  return Object.entries(packagesOf(join(root, 'package-lock.json'))).every(
    ([path, wanted]) =>
      !path.includes('node_modules/') || // a workspace's own folder
      (wanted.optional && !installed[path]) || // for another platform
      (installed[path]?.version === wanted.version && installed[path]?.resolved === wanted.resolved),
  );
}

// Not `npm ci`: it refuses the lock file because of optional packages for other platforms that are missing in
// it, though nothing here would install them. Without saving, `npm install` takes the locked versions, too.
function install() {
  console.log('installing the packages of package-lock.json; the first time takes a minute or two');
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync('npm', args, { cwd: root, stdio: 'inherit' });
  if (status === 0) return;
  console.error(
    `\nnpm install failed${error ? ` (${error.message})` : ''}. Check that the npm registry can be reached and`,
  );
  console.error('the disk has room (1 GB), then run the same command again.');
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
 * Runs the program with our terminal, and ends as it ended. It is a process group of its own: Ctrl-C goes to
 * the whole group of the terminal, and npm passes it on once more, so we alone pass it on, each press once.
 * It is stopped when npm or we have gone: a stack that nobody knows of would keep its ports.
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
 * Our parent is npm itself: the scripts of package.json begin with exec, because a shell between npm and us would
 * not pass on the signals that npm passes on. Started by something else we go on without it.
 * Rejected: the end of standard input, which is npm's own, and may be a terminal or /dev/null.
 */
function stopWithNpm(child) {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill('SIGTERM');
  }, NPM_CHECK_MS);
}
