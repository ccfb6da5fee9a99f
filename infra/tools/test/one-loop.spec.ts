import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import { listFiles } from '../src/files/list-files.ts';

const root = workspaceRoot();
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const product = listFiles(root, { patterns: ['apps/*/src/*.ts', 'libs/*/src/*.ts'] }).filter(
  (file) => !file.endsWith('.spec.ts') && !file.startsWith('libs/testing/'),
);

/** Files with loops that are not background loops, each with the reason. */
const OTHERS: Record<string, string> = {
  'apps/api/src/http/drain.ts': 'within one call, until the server has closed',
  'apps/api/src/request/time-limit.ts': 'one timer for a set in memory: it does not wait and cannot fail',
  'apps/console/src/format/use-now.ts': 'in a browser, while a component is shown',
  'apps/console/src/imports/watch-import.ts': 'in a browser, until the import has ended or the page is left',
  'apps/ops/src/outbox/drive-replay.ts': 'the pages of a command, which ends after the last one',
  'libs/runtime/src/shared-poll.ts': 'passes the received values to one reader',
};
const ONE = 'libs/runtime/src/loop/start-loop.ts';

it('implements background loops in one file only', () => {
  const found = product.filter((file) =>
    /while \(![\w.]*aborted|; !signal\.aborted;|setInterval\(/.test(read(file)),
  );
  expect(found).toEqual([...Object.keys(OTHERS), ONE].sort());
});

it('lists every loop in docs/operations.md', () => {
  const names = product
    .map(read)
    .filter((text) => /startLoop\(|createSharedPolls\(/.test(text))
    .flatMap((text) =>
      [...text.matchAll(/\bname: ['`]([a-z]+ [^'`$]+)/g)].map(([, name = '']) => name.trim()),
    );
  expect(names.length).toBeGreaterThan(15);
  const text = read('docs/operations.md');
  expect(names.filter((name) => !text.includes(`\`${name}`))).toEqual([]);
});
