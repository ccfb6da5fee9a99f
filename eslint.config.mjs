import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import hooks from 'eslint-plugin-react-hooks';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';
import { noBareSqlNames } from './infra/tools/src/lint/no-bare-sql-names.mjs';

// Imports point downward only: apps -> domain -> crypto, reads -> db -> contracts -> runtime, apps -> service
// -> crypto, and apps -> shopify -> contracts. The domain does not import shopify, because it keeps
// transactions open and must not wait for a shop in one. `events` is for worker and infra, `testing` and
// `stack` are for tests and infra. infra/tools/test/boundaries.spec.ts proves that a violation fails.
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
  // Runs in a browser: it calls the api and imports only its contracts.
  'type:console': ['type:contract'],
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
  'scope:console': ['scope:console', 'scope:shared'],
  'scope:shared': ['scope:shared'],
  // Starts the apps as processes, and imports none of them.
  'scope:test': ['scope:test', 'scope:worker', 'scope:shared'],
};
// Each client library belongs to one package (kafkajs: libs/events, bullmq: importer, connect-node: api), so
// that replacing it changes only that package.
const banned = {
  'type:app': ['kafkajs'],
  'scope:api': ['bullmq'],
  'scope:worker': ['bullmq', '@connectrpc/connect-node'],
  'scope:importer': ['@connectrpc/connect-node'],
  'scope:console': ['kafkajs', 'bullmq', '@connectrpc/connect-node'],
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
    // Forbids regular expressions with super-linear (exponential or quadratic) run time (docs/adr/0016).
    // infra/tools/test/regular-expressions.spec.ts proves that violations are reported.
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignorePartial: false }],
    },
  },
  {
    // The rules above cannot check an expression that is built at run time. Specs may build some from their
    // own texts.
    ignores: ['**/*.spec.ts', '**/test/**'],
    rules: { 'no-restricted-syntax': ['error', ...builtRegExps] },
  },
  {
    // An index must list what other features may use. The allowed imports between features are in
    // .dependency-cruiser.mjs.
    files: ['libs/domain/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...builtRegExps,
        {
          selector: 'ExportAllDeclaration',
          message:
            'Export each name explicitly: export * would also publish names that are meant for the feature itself.',
        },
      ],
    },
  },
  {
    // Specs, fault tests and fixtures are exempt: they check rows without the code under test, and damage
    // them as no statement of the product does. infra/tools/test/bare-sql-names.spec.ts proves that
    // violations are reported.
    plugins: { core: { rules: { 'no-bare-sql-names': noBareSqlNames } } },
    files: ['**/*.ts'],
    ignores: [
      '**/*.spec.ts',
      '**/test/**',
      // A browser sends no SQL, and its texts name customers.
      'apps/console/**',
      'libs/testing/**',
      'libs/stack/src/given.ts',
      'infra/faults/**',
      'libs/db/src/schema/**',
    ],
    rules: { 'core/no-bare-sql-names': 'error' },
  },
  {
    // Only the client of a shop sends requests to it, because the client adds the token and respects the
    // limits. One file of an app assembles its parts. Tokens are granted and renewed in one folder of an app
    // each. infra/tools/test/shop-by-client.spec.ts proves that violations are reported; see also
    // shop-by-client in .dependency-cruiser.mjs.
    files: ['apps/**/*.ts'],
    ignores: [
      'apps/api/src/install/**',
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
          importNames: [
            'createLimiter',
            'createShopClient',
            'exchangeCode',
            'exchangeSessionToken',
            'requestTokens',
          ],
          message:
            'Call the shop through the ShopClient that is passed in: it adds the token and respects the limits.',
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
          message: 'Call the shop through its ShopClient.',
        })),
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?:node:)?(?:https?|http2|net|tls|dgram)$|^undici$',
              message: 'Call the shop through its ShopClient.',
            },
          ],
        },
      ],
    },
  },
  {
    // The page is bundled for a browser. infra/tools/test/console-lint.spec.ts proves that violations are
    // reported.
    plugins: { 'react-hooks': hooks },
    files: ['apps/console/src/**/*.{ts,tsx}'],
    rules: {
      ...hooks.configs.recommended.rules,
      'no-restricted-imports': [
        'error',
        {
          name: '@core/contracts',
          message: 'Import @core/contracts/web: the index contains code that needs Node.',
        },
      ],
      'no-restricted-syntax': [
        'error',
        ...builtRegExps,
        {
          selector: `:matches(JSXIdentifier, Identifier)[name=/^(dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|srcdoc)$/i]`,
          message: 'Render a text as a child of an element: a text from the api must never become markup.',
        },
      ],
    },
  },
  {
    plugins: { '@nx': nx },
    files: ['**/*.{ts,tsx}'],
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
        { object: 'process', property: 'env', message: 'Read the environment only in runtime/env.' },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', '**/test/**/*.ts'],
    rules: { ...boundaries({ tests: true }), '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    // The only module that reads the environment, and tools that pass it to child processes.
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
