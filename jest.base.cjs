// One Jest set-up for every package: TypeScript by swc to CommonJS, pure specs beside the code
// (src/**/*.spec.ts), specs that do I/O in test/ (their services come from the global set-up).
const { basename, dirname, join } = require('node:path');

const swc = (syntax) => [
  '@swc/jest',
  {
    jsc: { target: 'es2023', parser: { syntax } },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

module.exports = (root) => ({
  rootDir: root,
  displayName: `${basename(dirname(root))}/${basename(root)}`,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  globalSetup: join(__dirname, 'libs/testing/src/jest/global-setup.ts'),
  globalTeardown: join(__dirname, 'libs/testing/src/jest/global-teardown.ts'),
  // Statements are then held to one merchant each: see CONTRIBUTING.
  setupFilesAfterEnv:
    process.env.CORE_TEST_LAYOUT === 'partitioned' ? [join(__dirname, 'libs/db/test/guard/set-up.ts')] : [],
  // Longer than several waits in a row (waitUntil), whose errors name what is missing.
  testTimeout: 900_000,
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: {
    '^.+\\.ts$': swc('typescript'),
    // Comes as ES modules alone, which Jest cannot require.
    '/node_modules/jose/.+\\.js$': swc('ecmascript'),
  },
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
});
