import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROW_REASONS } from '@core/domain';
import { workspaceRoot } from '@core/testing';
import { privacyTable } from './privacy-table.ts';

const linesOf = (file: string): string[] => readFileSync(join(workspaceRoot(), file), 'utf8').split('\n');
const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

it('docs/imports.md says of each reason of an import error what the code says', () => {
  const rows = linesOf('docs/imports.md')
    .map(cellsOf)
    .filter(([, effect = '']) => /^`(not_stored|field_left_out|note)`$/.test(effect));
  expect(rows).toEqual(
    Object.entries(ROW_REASONS).map(([reason, { effect, merchant, support }]) => [
      `\`${reason}\``,
      `\`${effect}\``,
      merchant,
      support,
    ]),
  );
});

it('docs/privacy.md says of each place what personal-data.ts says', () => {
  const lines = linesOf('docs/privacy.md');
  const from = lines.indexOf('## What is stored');
  const section = lines.slice(
    from,
    lines.findIndex((line, i) => i > from && line.startsWith('## ')),
  );
  const rows = section.filter((line) => line.startsWith('| ') && !line.startsWith('| --')).map(cellsOf);
  expect(rows).toEqual(privacyTable());
});
