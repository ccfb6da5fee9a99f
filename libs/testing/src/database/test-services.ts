import type { TestServices } from '../services/all.ts';

/** Set by the global set-up, or by the test runner for all packages together. */
export const TEST_SERVICES = 'CORE_TEST_SERVICES';

/**
 * Where the services of this test run are.
 * @throws when nobody started them: the spec then has no place in test/, or Jest ran without its global set-up
 */
export function testServices(): TestServices {
  const text = process.env[TEST_SERVICES];
  if (!text || text === 'none')
    throw new Error(`${TEST_SERVICES} names none: services start for specs in a package's test/ only`);
  return JSON.parse(text) as TestServices;
}
