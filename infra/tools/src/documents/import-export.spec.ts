import { workspaceRoot } from '@core/testing';
import { importExport } from './import-export.ts';

it('returns what a file exports, and names an export that is missing', async () => {
  const file = 'infra/tools/src/documents/import-export.ts';
  expect(await importExport(workspaceRoot(), file, 'importExport')).toBe(importExport);
  await expect(importExport(workspaceRoot(), file, 'importAll')).rejects.toThrow(
    `${file} exports no importAll`,
  );
});
