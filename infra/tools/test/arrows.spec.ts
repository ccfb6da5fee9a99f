import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '@core/testing';
import { lintTexts } from './lint-texts.ts';

const root = workspaceRoot();

interface Violation {
  rule: string;
  from: string;
  to: string;
}

/** Returns the violations of the repository's rules in a folder with the same layout. */
async function check(folder: string): Promise<Violation[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
      ...['--config', join(root, '.dependency-cruiser.mjs'), '--output-type', 'json', 'apps', 'libs'],
    ],
    { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
  );
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: (Omit<Violation, 'rule'> & { rule: { name: string } })[] };
  };
  return summary.violations.map(({ rule: { name }, from, to }) => ({ rule: name, from, to }));
}

const SRC = 'libs/domain/src';

const allowed: [file: string, text: string][] = [
  [`${SRC}/rfm/virtual.ts`, "import { RFM_SCALE } from '../settings/index.ts';"],
  [`${SRC}/replay/virtual.ts`, "import type { CommandContext } from '../core/index.ts';"],
  [`${SRC}/customers/virtual.ts`, "import { preparePage } from './upsert/page.ts';"],
  [
    `${SRC}/customers/upsert/virtual.ts`,
    "import { restoreEmailIndex } from '../emails/restore-email-index.ts';",
  ],
  ['libs/domain/test/virtual.ts', "import { canonicalJson } from '../src/core/index.ts';"],
  ['libs/shopify/src/sources/virtual.ts', "import type { ShopClient } from '../client/shop-client.ts';"],
  ['libs/shopify/src/client/shop-client.ts', 'export type ShopClient = 1;'],
];

type Forbidden = [rule: string, file: string, text: string, to: string];

const forbidden: Forbidden[] = [
  // Upward imports.
  ['audit', 'virtual.ts', "import { createCustomer } from '../customers/index.ts';", 'customers'],
  ['rfm', 'virtual.ts', "import type { ShopRedactionStep } from '../privacy/index.ts';", 'privacy'],
  ['customers', 'upsert/virtual.ts', "export { isActive } from '../../imports/index.ts';", 'imports'],
  ['core', 'virtual.ts', "export const audit = () => import('../audit/index.ts');", 'audit'],
].map(([feature = '', file = '', text = '', to = '']): Forbidden => [
  `${feature}-imports-down`,
  `${SRC}/${feature}/${file}`,
  text,
  `${SRC}/${to}/index.ts`,
]);

forbidden.push(
  // Imports that bypass the index.
  [
    'domain-by-index',
    `${SRC}/privacy/virtual.ts`,
    "import { preparePage } from '../customers/upsert/page.ts';",
    `${SRC}/customers/upsert/page.ts`,
  ],
  [
    'domain-by-index',
    `${SRC}/keys/virtual.ts`,
    "import type { CommandContext } from '../core/context.ts';",
    `${SRC}/core/context.ts`,
  ],
  [
    'domain-by-index',
    'libs/domain/test/virtual-past.ts',
    "import { canonicalJson } from '../src/core/canonical-json.ts';",
    `${SRC}/core/canonical-json.ts`,
  ],
  [
    'domain-by-index',
    'apps/api/src/virtual.ts',
    "import { applyRfmScores } from '../../../libs/domain/src/rfm/apply-rfm-scores.ts';",
    `${SRC}/rfm/apply-rfm-scores.ts`,
  ],
  // A folder that is not a feature.
  [
    'domain-by-feature',
    'libs/domain/test/virtual-beside.ts',
    "import { pay } from '../src/billing/pay.ts';",
    `${SRC}/billing/pay.ts`,
  ],
  // Imports that bypass the client of a shop.
  [
    'shop-by-client',
    'libs/shopify/src/sources/rest/virtual.ts',
    "import { sendAdminRequest } from '../../client/transport.ts';",
    'libs/shopify/src/client/transport.ts',
  ],
  [
    'shop-by-client',
    'libs/shopify/src/planning/virtual.ts',
    "import type { Limiter } from '../limiter/limiter.ts';",
    'libs/shopify/src/limiter/limiter.ts',
  ],
  // Cycles: through a third file, by types only, and by values in any package.
  ['no-cycle', `${SRC}/rfm/one.ts`, "export { three as one } from './two.ts';", `${SRC}/rfm/two.ts`],
  ['no-cycle', `${SRC}/keys/one.ts`, "export type { Two as One } from './two.ts';", `${SRC}/keys/two.ts`],
  [
    'no-cycle-of-values',
    'libs/db/src/one.ts',
    "export { two as one } from './two.ts';",
    'libs/db/src/two.ts',
  ],
);

/** The imported files of the forbidden imports. A cycle is reported once. */
const rest: [file: string, text: string][] = [
  [`${SRC}/billing/pay.ts`, 'export const pay = 1;'],
  [`${SRC}/rfm/two.ts`, "export { one as three } from './three.ts';"],
  [`${SRC}/rfm/three.ts`, "export { one } from './one.ts';"],
  [`${SRC}/keys/two.ts`, "export type { One as Two } from './one.ts';"],
  ['libs/db/src/two.ts', "export { one as two } from './one.ts';"],
  ['libs/shopify/src/client/transport.ts', 'export const sendAdminRequest = 1;'],
  ['libs/shopify/src/limiter/limiter.ts', 'export type Limiter = 1;'],
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'core-arrows-'));
  cpSync(join(root, SRC), join(folder, SRC), { recursive: true });
  mkdirSync(join(folder, 'apps'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (files: readonly (readonly [file: string, text: string])[]) => {
  for (const [file, text] of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${text}\n`);
  }
};

it('allows imports downward, through an index, and within a feature', async () => {
  write(allowed);
  expect(await check(folder)).toEqual([]);
});

describe('forbidden imports', () => {
  let found: Awaited<ReturnType<typeof check>>;
  beforeAll(async () => {
    write([...forbidden.map(([, file, text]) => [file, text] as const), ...rest]);
    found = await check(folder);
  });

  it.each(forbidden)('break %s: %s: %s', (rule, from, _text, to) => {
    expect(found).toContainEqual({ rule, from, to });
  });
});

it('forbids an index to export all names of a file', async () => {
  const [found] = await lintTexts([[`${SRC}/rfm/index.ts`, "export * from './apply-rfm-scores.ts';\n"]]);
  expect(found).toContainEqual({
    ruleId: 'no-restricted-syntax',
    message: expect.stringContaining('Export each name explicitly'),
  });
});
