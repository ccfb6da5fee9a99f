import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '@core/testing';

const run = promisify(execFile);

/** protoc-gen-go of the protobuf release in go.mod, and the gRPC one that fits it. */
const GENERATORS = [
  'google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.11',
  'google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2',
];

/**
 * Builds the Go peer and the driver into `folder`. Their protobuf code is generated each time: a copy in the
 * tree would go out of date unseen.
 * @throws Error when there is no Go
 */
export async function buildGo(folder: string): Promise<{ peer: string; driver: string }> {
  if (spawnSync('go', ['version']).status !== 0) {
    throw new Error(
      'the benchmark needs Go 1.26 or newer for its peer and its driver; install it from go.dev and run this again',
    );
  }
  const root = workspaceRoot();
  const source = join(root, 'infra/bench/go');
  mkdirSync(folder, { recursive: true });
  for (const each of GENERATORS) {
    await run('go', ['install', each], { env: { ...process.env, GOBIN: folder } });
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
    { cwd: root },
  );
  await run('go', ['build', '-o', `${folder}/`, './...'], { cwd: source });
  return { peer: join(folder, 'peer'), driver: join(folder, 'driver') };
}
