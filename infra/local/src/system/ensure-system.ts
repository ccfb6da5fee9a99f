import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

export type SystemCommand = 'java' | 'mvn' | 'redis-server';

// What Debian calls the packages. default-jre-headless: Java 17 on Debian 12, newer on later ones.
const PACKAGES: Record<SystemCommand, string> = {
  java: 'default-jre-headless',
  mvn: 'maven',
  'redis-server': 'redis-server',
};

const POLICY = '/usr/sbin/policy-rc.d';

export interface EnsureSystem {
  need: SystemCommand[];
  /** Told before something is installed. */
  onProgress?: (message: string) => void;
}

/**
 * Makes sure that the commands are there: installs them on Debian when we are root, and says what to install
 * anywhere else.
 */
export async function ensureSystem({ need, onProgress }: EnsureSystem): Promise<void> {
  const missing = need.filter((command) => !isThere(command));
  if (missing.length === 0) return;
  const packages = missing.map((command) => PACKAGES[command]);
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    throw new Error(
      `missing on this machine: ${missing.join(', ')}. Install Java 17, Maven and Redis 7 ` +
        `(Debian: apt-get install ${packages.join(' ')}), or use \`docker compose up\` instead.`,
    );
  }
  onProgress?.(`installing ${packages.join(', ')} with apt-get`);
  await aptInstall(packages);
  const still = need.filter((command) => !isThere(command));
  if (still.length > 0) throw new Error(`apt-get ran, but ${still.join(', ')} cannot be run`);
}

/** Runs it: a java command without a Java behind it, or one that is too old for Kafka 4, counts as missing. */
function isThere(command: SystemCommand): boolean {
  const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  if (command !== 'java') return status === 0;
  return status === 0 && Number(/^\w+ (\d+)/.exec(stdout)?.[1]) >= 17; // Java 8 does not know the option
}

async function aptInstall(packages: string[]): Promise<void> {
  // Debian starts a Redis of its own on 6379 after installing it, unless a policy forbids starting services.
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
    await apt('install', '-y', '--no-install-recommends', ...packages);
    if (packages.includes(PACKAGES['redis-server']) && existsSync('/run/systemd/system')) {
      await promisify(execFile)('systemctl', ['disable', 'redis-server']); // nor at the next boot
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
