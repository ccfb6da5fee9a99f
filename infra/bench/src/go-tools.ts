import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '@core/testing';

const run = promisify(execFile);

/** protoc-gen-go of the protobuf release in go.mod, and the newest protoc-gen-go-grpc. */
const GENERATORS = [
  'google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12',
  'google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2',
];

/**
 * Builds the Go peer and the driver into `folder`. Their protobuf code is generated each time, because a copy
 * in the repository would become outdated unnoticed.
 */
export async function buildGo(
  folder: string,
  signal: AbortSignal,
): Promise<{ peer: string; driver: string }> {
  const root = workspaceRoot();
  const source = join(root, 'infra/bench/go');
  mkdirSync(folder, { recursive: true });
  for (const each of GENERATORS) {
    await run('go', ['install', each], { env: { ...process.env, GOBIN: folder }, signal });
  }
  const opt = [
    'module=core.bench',
    ...['core', 'rfm'].map((file) => `Mcore/v1/${file}.proto=core.bench/corev1`),
  ];
  const plugins = ['protoc-gen-go', 'protoc-gen-go-grpc'].map((name) => ({
    local: join(folder, name),
    out: source,
    opt,
  }));
  const files = ['core', 'rfm'].flatMap((file) => ['--path', join(root, `proto/core/v1/${file}.proto`)]);
  await run(
    join(root, 'node_modules/.bin/buf'),
    ['generate', join(root, 'proto'), '--template', JSON.stringify({ version: 'v2', plugins }), ...files],
    { cwd: root, signal },
  );
  await run('go', ['build', '-o', `${folder}/`, './...'], { cwd: source, signal });
  return { peer: join(folder, 'peer'), driver: join(folder, 'driver') };
}

/** Returns the version of Go, such as go1.26.1. */
export const readGoVersion = (): string | undefined =>
  /go[\d.]+/.exec(execFileSync('go', ['version'], { encoding: 'utf8' }))?.[0];
