// The Jest configuration of every package. swc compiles TypeScript to CommonJS. Unit specs are next to the
// code (src/**/*.spec.ts); specs that do I/O are in test/, and the global setup starts their services.
const { basename, dirname, join } = require('node:path');

// Specs start programs and compare their output, which would change with the variables that Nx sets. The
// global setup would remove them too late: with a cold cache, Jest has workers read the files before that. It
// then remembers that its output has colors, and demands colors of the programs, too.
for (const name of Object.keys(process.env).filter((each) => /^(?:NX_|LERNA_|FORCE_COLOR$)/.test(each))) {
  Reflect.deleteProperty(process.env, name);
}

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
  // Not in the temp folder, which is removed after each run.
  cacheDirectory: join(__dirname, '.nx/jest'),
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  globalSetup: join(__dirname, 'libs/testing/src/jest/global-setup.ts'),
  globalTeardown: join(__dirname, 'libs/testing/src/jest/global-teardown.ts'),
  // In the partitioned layout each statement is checked to touch one merchant only: see CONTRIBUTING.
  setupFilesAfterEnv:
    process.env.CORE_TEST_LAYOUT === 'partitioned' ? [join(__dirname, 'libs/db/test/guard/set-up.ts')] : [],
  // Longer than several consecutive calls of waitUntil, whose errors name what is missing.
  testTimeout: 900_000,
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: {
    '^.+\\.ts$': swc('typescript'),
    // jose contains ES modules only, which Jest cannot require.
    '/node_modules/jose/.+\\.js$': swc('ecmascript'),
  },
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
});
