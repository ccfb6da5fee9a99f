import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '@core/testing';

interface SystemPackage {
  /** The product name, used in the advice to install it. */
  product: string;
  /** The name of the Debian package. */
  debian: string;
  /** A service that Debian would start automatically at the next boot. */
  service?: string;
}

const PACKAGES = {
  go: { product: 'Go 1.26', debian: 'golang-go' },
  // Java 17 on Debian 12, newer on later ones.
  java: { product: 'Java 17', debian: 'default-jre-headless' },
  javac: { product: 'JDK 17', debian: 'default-jdk-headless' },
  mvn: { product: 'Maven', debian: 'maven' },
  pgbench: { product: 'pgbench of PostgreSQL', debian: 'postgresql-contrib', service: 'postgresql' },
  pgbouncer: { product: 'pgbouncer', debian: 'pgbouncer', service: 'pgbouncer' },
  pip3: { product: 'Python 3 with pip', debian: 'python3-pip' },
  python3: { product: 'Python 3 with venv', debian: 'python3-venv' },
  'redis-server': { product: 'Redis 7', debian: 'redis-server', service: 'redis-server' },
  Xvfb: { product: 'Xvfb', debian: 'xvfb' },
  'libasound.so.2': { product: 'the ALSA library', debian: 'libasound2' },
  'libgtk-3.so.0': { product: 'GTK 3', debian: 'libgtk-3-0' },
  'libnotify.so.4': { product: 'libnotify', debian: 'libnotify4' },
  'libnss3.so': { product: 'NSS', debian: 'libnss3' },
} satisfies Record<string, SystemPackage>;

/** A command, or a library by the name that programs load it by. */
export type SystemCommand = keyof typeof PACKAGES;

export const isSystemCommand = (name: string): name is SystemCommand => Object.hasOwn(PACKAGES, name);

/** How a command is asked for its version, if not with --version. Debian has Python without venv. */
const ASK: Partial<Record<SystemCommand, readonly string[]>> = {
  go: ['version'],
  Xvfb: ['-help'],
  python3: ['-m', 'ensurepip', '--version'],
};

const POLICY = '/usr/sbin/policy-rc.d';

export interface EnsureSystem {
  need: SystemCommand[];
  /** Called before packages are installed. */
  onProgress?: (message: string) => void;
}

/**
 * Makes sure that the commands and libraries are available. On Debian, as root, it installs them.
 * @throws Error elsewhere, naming the packages to install
 */
export async function ensureSystem({ need, onProgress }: EnsureSystem): Promise<void> {
  const missing = need.filter((command) => !isThere(command));
  if (missing.length === 0) return;
  const packages: SystemPackage[] = missing.map((command) => PACKAGES[command]);
  const names = packages.map(({ debian }) => debian).join(' ');
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    throw new Error(
      `Commands missing on this machine: ${missing.join(', ')}. Install ` +
        `${packages.map(({ product }) => product).join(', ')} (Debian: apt-get install ${names})` +
        (missing.includes('java') ? ', or use Docker instead (docs/deployment.md).' : '.'),
    );
  }
  onProgress?.(`installing ${names} with apt-get`);
  await aptInstall(packages);
  const still = need.filter((command) => !isThere(command));
  if (still.length > 0) {
    const products = still.map((command) => PACKAGES[command].product).join(', ');
    throw new Error(
      `The version that apt-get installed is too old or does not run. Install ${products} manually.`,
    );
  }
}

/**
 * Whether the command runs and is new enough. A java launcher without a JVM, or one too old for Kafka 4, is
 * missing.
 */
function isThere(command: SystemCommand): boolean {
  if (command.includes('.so')) return libraries().includes(`${command} `);
  const ask = ASK[command] ?? ['--version'];
  // Inside a Go module, `go version` reports the toolchain that Go would download for that module.
  const cwd = command === 'go' ? join(workspaceRoot(), 'infra/bench/go') : undefined;
  const { status, stdout } = spawnSync(command, ask, { encoding: 'utf8', cwd });
  if (status !== 0) return false;
  if (command === 'java') return Number(/^\w+ (\d+)/.exec(stdout)?.[1]) >= 17; // Java 8 has no --version
  if (command === 'go') return Number(/go1\.(\d+)/.exec(stdout)?.[1]) >= 26;
  return true;
}

/** Every library that the loader finds, as text. */
const libraries = (): string => spawnSync('/sbin/ldconfig', ['--print-cache'], { encoding: 'utf8' }).stdout;

async function aptInstall(packages: readonly SystemPackage[]): Promise<void> {
  // Debian starts installed services, such as Redis on 6379 and PostgreSQL on 5432, unless a policy forbids
  // it.
  const ownPolicy = !existsSync(POLICY);
  const removePolicy = () => {
    if (ownPolicy) rmSync(POLICY, { force: true });
  };
  if (ownPolicy) {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n');
    chmodSync(POLICY, 0o755);
  }
  process.once('exit', removePolicy); // also when we are interrupted
  try {
    await apt('update');
    await apt('install', '-y', '--no-install-recommends', ...packages.map(({ debian }) => debian));
    for (const { service } of packages) {
      // The service must not start at the next boot either.
      if (service && existsSync('/run/systemd/system')) {
        await promisify(execFile)('systemctl', ['disable', service]);
      }
    }
  } finally {
    removePolicy();
  }
}

const apt = (...args: string[]) =>
  promisify(execFile)('apt-get', ['-q', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 64 * 1024 * 1024,
  });
