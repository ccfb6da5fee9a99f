import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';

const root = workspaceRoot();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'core-prose-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program in the checkout. */
const run = (file: string, args: readonly string[]): Promise<{ code: unknown; said: string }> =>
  new Promise((resolve) =>
    execFile(file, args, { cwd: root, timeout: 200_000 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, said: stdout + stderr }),
    ),
  );

const page = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const drawing = (text: string) => `# A page\n\n\`\`\`mermaid\n${text}\n\`\`\`\n`;

it('the target drawings renders a drawing, and names the line of one that is wrong', async () => {
  const check = ['infra/tools/src/drawings/check.ts'];
  const good = page('good.md', drawing('flowchart LR\n  a[one] --> b[two]'));
  expect(await run(process.execPath, [...check, good])).toEqual({
    code: 0,
    said: '1 drawings, 0 not rendered\n',
  });
  const bad = page('bad.md', drawing('flowchart LR\n  a[one --> b'));
  const { code, said } = await run(process.execPath, [...check, good, bad]);
  expect(said).toMatch(/bad\.md:3 .*Parse error on line 3[\s\S]*2 drawings, 1 not rendered/);
  expect(code).toBe(1);
});

it('the target spelling finds a misspelt word in a page, a comment and a message', async () => {
  const cspell = join(root, 'node_modules/.bin/cspell');
  const check = ['lint', '--no-progress', '--config', join(root, 'cspell.json'), '--root', folder];
  page('spelling.md', 'A sentance of a page.\n');
  page('spelling.ts', "// A coment.\nthrow new Error('the adress is missing');\n");
  const { code, said } = await run(cspell, [...check, 'spelling.md', 'spelling.ts']);
  expect(['sentance', 'coment', 'adress'].filter((word) => !said.includes(`(${word})`))).toEqual([]);
  expect(code).toBe(1);
});

it('the target english passes a package, and counts the faults by kind', async () => {
  const { code, said } = await run(process.execPath, ['infra/tools/src/english/check.ts', 'libs/contracts']);
  expect(said).toMatch(/^[1-9]\d+ files: 0 openings, 0 banned words, 0 long sentences, 0 long lines$/m);
  expect(code).toBe(0);
});
