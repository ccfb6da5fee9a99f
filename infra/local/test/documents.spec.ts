import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROW_REASONS } from '@core/domain';
import { workspaceRoot } from '@core/testing';

it('docs/imports.md says of each reason of an import error what the code says', () => {
  const rows = readFileSync(join(workspaceRoot(), 'docs/imports.md'), 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([, , effect = '']) => /^`(not_stored|field_left_out|note)`$/.test(effect))
    .map((cells) => cells.slice(1, -1));
  expect(rows).toEqual(
    Object.entries(ROW_REASONS).map(([reason, { effect, merchant, support }]) => [
      `\`${reason}\``,
      `\`${effect}\``,
      merchant,
      support,
    ]),
  );
});
