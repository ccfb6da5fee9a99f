import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { workspaceRoot } from '@core/testing';

export interface Message {
  ruleId: string | null;
  message: string;
}

// Runs in a separate process: ESLint loads its configuration by import(), which Jest's CommonJS cannot do.
// The texts are not on disk, so that a concurrent lint or compiler does not see them.
const LINT = `
  import { ESLint } from 'eslint';
  import { text } from 'node:stream/consumers';
  const eslint = new ESLint();
  const results = [];
  for (const [filePath, code] of JSON.parse(await text(process.stdin))) {
    const [result] = await eslint.lintText(code, { filePath });
    results.push(result.messages.map(({ ruleId, message }) => ({ ruleId, message })));
  }
  process.stdout.write(JSON.stringify(results));
`;

/** Lints each text as if it were at its path. */
export async function lintTexts(
  texts: readonly (readonly [path: string, text: string])[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Message[][]> {
  const linting = promisify(execFile)(process.execPath, ['--input-type=module', '-e', LINT], {
    cwd: workspaceRoot(),
    env,
  });
  linting.child.stdin?.end(JSON.stringify(texts));
  // Without a graph, the boundaries rule prints warnings to the same stream, line by line before the result.
  return JSON.parse((await linting).stdout.split('\n').at(-1) ?? '') as Message[][];
}
