import type { TestServices } from '../services/all.ts';

/** The environment variable set by Jest's global setup, or by the test runner for all packages. */
export const TEST_SERVICES = 'CORE_TEST_SERVICES';

/**
 * Returns the addresses of the services of this test run.
 * @throws Error when none are running: the spec is outside a test/ folder, or Jest ran without its global
 *   setup
 */
export function testServices(): TestServices {
  const text = process.env[TEST_SERVICES];
  if (!text || text === 'none')
    throw new Error(
      `${TEST_SERVICES} is not set or "none": services start only for specs in a package's test/ folder`,
    );
  return JSON.parse(text) as TestServices;
}
