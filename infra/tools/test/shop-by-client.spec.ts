import { lintTexts, type Message } from './lint-texts.ts';

const JOB = 'apps/importer/src/jobs/virtual.ts';
const SOURCE = 'libs/shopify/src/sources/rest/virtual.ts';

const allowed: [file: string, text: string][] = [
  [JOB, "import { countCustomers, type ShopClient } from '@core/shopify';"],
  ['apps/importer/src/shop-clients.ts', "import { createShopClient } from '@core/shopify';"],
  ['apps/importer/src/importer.ts', "import { createLimiter } from '@core/shopify';"],
  ['apps/importer/src/tokens/virtual.ts', "import { requestTokens } from '@core/shopify';"],
  ['apps/api/src/install/virtual.ts', "import { exchangeCode } from '@core/shopify';"],
  ['libs/shopify/src/client/virtual.ts', "export const get = () => fetch('https://a.myshopify.com');"],
];

const forbidden: [rule: string, file: string, text: string][] = [
  ['no-restricted-imports', JOB, "import { createShopClient } from '@core/shopify';"],
  ['no-restricted-imports', JOB, "import { createLimiter as limit } from '@core/shopify';"],
  ['no-restricted-imports', JOB, "import * as shopify from '@core/shopify';"],
  ['no-restricted-imports', 'apps/api/src/virtual.ts', "import { requestTokens } from '@core/shopify';"],
  [
    'no-restricted-imports',
    'apps/api/src/http/virtual.ts',
    "import { exchangeSessionToken } from '@core/shopify';",
  ],
  ['no-restricted-imports', SOURCE, "import { request } from 'node:https';"],
  ['no-restricted-imports', SOURCE, "import { connect } from 'net';"],
  ['no-restricted-globals', SOURCE, "export const get = () => fetch('https://a.myshopify.com');"],
  [
    'no-restricted-globals',
    'libs/shopify/src/planning/virtual.ts',
    "export const get = () => fetch('https://a.myshopify.com');",
  ],
];

const title = (file: string, text: string) => `${file}: ${text}`;
const isOurs = ({ ruleId }: Message) => ruleId?.startsWith('no-restricted') ?? false;

let results: Map<string, Message[]>;
beforeAll(async () => {
  const texts = [...allowed, ...forbidden.map(([, file, text]) => [file, text] as const)];
  const messages = await lintTexts(texts.map(([file, text]) => [file, `${text}\n`]));
  results = new Map(
    texts.map(([file, text], i) => [title(file, text), (messages[i] ?? []).filter(isOurs)] as const),
  );
});

it.each(allowed)('allows in %s: %s', (file, text) => expect(results.get(title(file, text))).toEqual([]));

it.each(forbidden)('%s forbids in %s: %s', (ruleId, file, text) =>
  expect(results.get(title(file, text))).toContainEqual({
    ruleId,
    message: expect.stringMatching(/Call the shop through/),
  }),
);
