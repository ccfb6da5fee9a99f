import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';

// This spec is not next to the cases, because then a change of any spec would run the cases again.
it('names only existing specs in the sections of the cases', () => {
  const files = globSync('infra/faults/src/cases/sections/*.ts', { cwd: workspaceRoot() });
  const specs = files
    .map((file) => readFileSync(join(workspaceRoot(), file), 'utf8'))
    .flatMap((text) => [...text.matchAll(/'((?:apps|libs|infra)\/[^'\n]+\.spec\.ts)'/g)])
    .map(([, spec = '']) => spec);
  expect(specs.length).toBeGreaterThan(20);
  expect(specs.filter((spec) => !existsSync(join(workspaceRoot(), spec)))).toEqual([]);
});
