import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';

const root = workspaceRoot();

/** A fenced block of the README with the tag `sh test`: a complete shell script. */
export interface Example {
  /** The first line, used in test titles. */
  title: string;
  script: string;
  /** The clients that the script calls. */
  tools: ('curl' | 'grpcurl')[];
}

/** The file from which the README's examples read addresses and tokens. */
const STACK_ENV = '.local/stack.env';

export function readmeExamples(): Example[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  return [...readme.matchAll(/^```sh test\n([\s\S]*?)^```$/gm)].map(([, script = '']) => ({
    title: script.split('\n')[0] ?? '',
    script,
    tools: (['curl', 'grpcurl'] as const).filter((tool) =>
      new RegExp(`(^|[^\\w])${tool} `, 'm').test(script),
    ),
  }));
}

/**
 * Runs an example as a reader would, from the root of the checkout, with this stack.env instead of the
 * README's.
 * @returns the standard output
 * @throws Error with the exit code and the output when a command fails
 */
export function runExample(
  { script }: Example,
  stackEnv: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const text = script.replaceAll(STACK_ENV, stackEnv);
  return new Promise((resolve, reject) => {
    // dash, the sh of many systems, has no pipefail. A failing client returns no id, so the next call fails.
    execFile('sh', ['-eu', '-c', text], { cwd: root, env, timeout: 300_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`the example failed (${error.code}):\n${text}\n${stdout}${stderr}`));
      else resolve(stdout);
    });
  });
}
