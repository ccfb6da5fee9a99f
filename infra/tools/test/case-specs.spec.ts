import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';

// Here and not beside the cases: whatever spec changes, the cases would otherwise run again.
it('names specs that are there in the sections of the cases', () => {
  const files = globSync('infra/faults/src/cases/sections/*.ts', { cwd: workspaceRoot() });
  const specs = files
    .map((file) => readFileSync(join(workspaceRoot(), file), 'utf8'))
    .flatMap((text) => [...text.matchAll(/'((?:apps|libs|infra)\/[^'\n]+\.spec\.ts)'/g)])
    .map(([, spec = '']) => spec);
  expect(specs.length).toBeGreaterThan(20);
  expect(specs.filter((spec) => !existsSync(join(workspaceRoot(), spec)))).toEqual([]);
});
