import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';
import { noBareSqlNames } from './infra/tools/src/lint/no-bare-sql-names.mjs';

// Imports point down only: apps -> domain -> crypto, reads -> db -> contracts -> runtime, apps -> service -> crypto, and
// apps -> shopify -> contracts:
// the domain holds transactions open and must not wait for a shop in one. `events` is for worker and infra,
// `testing` and `stack` for tests and infra. A broken rule is proven to fail in infra/tools/test/boundaries.spec.ts.
const down = {
  'type:app': [
    'type:service',
    'type:domain',
    'type:shopify',
    'type:access',
    'type:data',
    'type:contract',
    'type:util',
  ],
  'type:service': ['type:access', 'type:data', 'type:contract', 'type:util'],
  'type:domain': ['type:access', 'type:data', 'type:contract', 'type:util'],
  'type:events': ['type:data', 'type:contract', 'type:util'],
  'type:shopify': ['type:contract', 'type:util'],
  'type:access': ['type:data', 'type:contract', 'type:util'],
  'type:data': ['type:contract', 'type:util'],
  'type:contract': ['type:util'],
  'type:util': ['type:util'],
  'type:testing': ['type:contract', 'type:util'],
  'type:stack': ['type:events', 'type:access', 'type:data', 'type:contract', 'type:util', 'type:testing'],
  'type:local': ['type:events', 'type:data', 'type:contract', 'type:util', 'type:testing', 'type:stack'],
  'type:infra': [
    'type:local',
    'type:stack',
    'type:domain',
    'type:shopify',
    'type:events',
    'type:access',
    'type:data',
    'type:contract',
    'type:util',
    'type:testing',
  ],
};
const scopes = {
  'scope:api': ['scope:api', 'scope:shared'],
  'scope:worker': ['scope:worker', 'scope:shared'],
  'scope:importer': ['scope:importer', 'scope:shared'],
  'scope:shared': ['scope:shared'],
  // Starts the apps as processes, and imports none.
  'scope:test': ['scope:test', 'scope:worker', 'scope:shared'],
};
// Each client library has one home (kafkajs: libs/events, bullmq: importer, connect-node: api), so that
// replacing it touches one package.
const banned = {
  'type:app': ['kafkajs'],
  'scope:api': ['bullmq'],
  'scope:worker': ['bullmq', '@connectrpc/connect-node'],
  'scope:importer': ['@connectrpc/connect-node'],
  'scope:shared': ['kafkajs', 'bullmq', '@connectrpc/connect-node'],
  'scope:ops': ['kafkajs', 'bullmq', '@connectrpc/connect-node'],
};

const constraints = ({ tests }) => [
  ...Object.entries(down).map(([sourceTag, tags]) => ({
    sourceTag,
    onlyDependOnLibsWithTags: [
      ...tags,
      ...(tests ? ['type:testing', 'type:stack'] : []),
      ...(sourceTag === 'type:app' ? ['type:events'] : []), // narrowed to worker by its scope
    ],
  })),
  ...Object.entries(scopes).map(([sourceTag, tags]) => ({
    sourceTag,
    onlyDependOnLibsWithTags: [...tags, ...(tests ? ['scope:test'] : [])],
  })),
  ...Object.entries(banned).map(([sourceTag, bannedExternalImports]) => ({
    sourceTag,
    bannedExternalImports,
  })),
];
const boundaries = (options) => ({
  '@nx/enforce-module-boundaries': [
    'error',
    { allow: [], enforceBuildableLibDependency: false, depConstraints: constraints(options) },
  ],
});

const builtRegExps = ['NewExpression', 'CallExpression'].map((made) => ({
  selector: `${made}[callee.name='RegExp'][arguments.0.type!='Literal']`,
  message: 'Write it as a literal: the lint cannot check a regular expression that is built at run time.',
}));

export default tseslint.config(
  {
    ignores: ['**/node_modules', '**/dist', '.local', '.nx', 'libs/contracts/src/gen', 'libs/db/migrations'],
  },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    // Time that grows faster than the text, exponentially or quadratically (docs/adr/0016). Proven to fail in
    // infra/tools/test/regular-expressions.spec.ts.
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignorePartial: false }],
    },
  },
  {
    // No rule sees an expression that is built at run time. Specs build theirs from their own text.
    ignores: ['**/*.spec.ts', '**/test/**'],
    rules: { 'no-restricted-syntax': ['error', ...builtRegExps] },
  },
  {
    // An index says what others may use only while it names it. Which feature may import which other one is in
    // .dependency-cruiser.mjs.
    files: ['libs/domain/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...builtRegExps,
        {
          selector: 'ExportAllDeclaration',
          message: 'Name what others may use: export * gives away whatever a file exports to its neighbours.',
        },
      ],
    },
  },
  {
    // Specs, fault tests and their fixtures judge the rows without the code that they judge, and break them as no
    // statement of ours does. Proven to fail in infra/tools/test/bare-sql-names.spec.ts.
    plugins: { core: { rules: { 'no-bare-sql-names': noBareSqlNames } } },
    files: ['**/*.ts'],
    ignores: [
      '**/*.spec.ts',
      '**/test/**',
      'libs/testing/**',
      'libs/stack/src/given.ts',
      'infra/faults/**',
      'libs/db/src/schema/**',
    ],
    rules: { 'core/no-bare-sql-names': 'error' },
  },
  {
    // A shop is asked by its client alone, which adds the token and keeps the limits. Its parts are put together
    // in one file of an app. Proven to fail in infra/tools/test/shop-by-client.spec.ts; see also shop-by-client in
    // .dependency-cruiser.mjs.
    files: ['apps/**/*.ts'],
    ignores: [
      'apps/importer/src/importer.ts',
      'apps/importer/src/shop-clients.ts',
      'apps/importer/src/tokens/**',
      '**/*.spec.ts',
      '**/test/**',
    ],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          name: '@core/shopify',
          importNames: ['createLimiter', 'createShopClient', 'requestTokens'],
          message: 'Ask the shop by the client that you are given: it adds the token and keeps the limits.',
        },
      ],
    },
  },
  {
    files: ['libs/shopify/src/{sources,planning}/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['fetch', 'WebSocket', 'EventSource'].map((name) => ({
          name,
          message: 'Ask the shop by its ShopClient.',
        })),
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?:node:)?(?:https?|http2|net|tls|dgram)$|^undici$',
              message: 'Ask the shop by its ShopClient.',
            },
          ],
        },
      ],
    },
  },
  {
    plugins: { '@nx': nx },
    files: ['**/*.ts'],
    rules: {
      ...boundaries({ tests: false }),
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Read the environment in runtime/env only.' },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', '**/test/**/*.ts'],
    rules: { ...boundaries({ tests: true }), '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    // The one door to the environment, and the tooling that hands it on to child processes.
    files: [
      'libs/runtime/src/env.ts',
      'libs/testing/**/*.ts',
      'libs/stack/**/*.ts',
      'libs/shopify-stand-in/**/*.ts',
      'apps/ops/src/main.ts',
      'infra/**/*.ts',
      '**/*.spec.ts',
      '**/test/**/*.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['infra/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        require: 'readonly',
        module: 'writable',
        __dirname: 'readonly',
      },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
