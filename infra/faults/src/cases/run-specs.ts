import { spawn } from 'node:child_process';
import { fromSources, workspaceRoot } from '@core/testing';
import type { FaultRun } from '../run-options.ts';
import type { Section } from './case.ts';

type Specs = NonNullable<Section['specs']>;

/** Runs specs as `npm test` does, with its services, and reports for each row whether its file passed. */
export async function runSpecs(
  specs: Specs,
  { say, signal }: { say: (line: string) => void; signal: AbortSignal },
): Promise<FaultRun> {
  const files = [...new Set(specs.map(([, spec]) => spec))];
  if (files.length === 0) return { passed: 0, failed: 0 };
  say(`Running the specs that need separate servers: ${files.length} files`);
  const output = await runNpmTest(files, say, signal);
  const passed = new Set([...output.matchAll(/^PASS \S+ (\S+)/gm)].map(([, file]) => file));
  for (const [what, spec] of specs) say(`${passed.has(spec) ? 'ok    ' : 'FAILED'} ${what}: ${spec}`);
  const failed = specs.filter(([, spec]) => !passed.has(spec)).length;
  if (failed > 0) say(output);
  return { passed: specs.length - failed, failed };
}

function runNpmTest(
  files: readonly string[],
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const run = fromSources('infra/tools/src/test/main.ts', ...files);
  const child = spawn(process.execPath, run.args, {
    cwd: workspaceRoot(),
    env: { ...process.env, ...run.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = () => child.kill('SIGTERM');
  signal.addEventListener('abort', end);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const [line] of text.matchAll(/^(?:PASS|FAIL) .*$/gm)) say(`...    ${line}`);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      signal.removeEventListener('abort', end);
      resolve(output);
    });
  });
}
