import { loadAdminSchema, RULES } from '../src/index.ts';
import type { RuleName } from '../src/index.ts';
import { accessCases } from './rules/access-cases.ts';
import { authorizeCases } from './rules/authorize-cases.ts';
import { metafieldCases } from './rules/metafield-cases.ts';
import { openRuleWorld } from './rules/rule-world.ts';
import type { RuleWorld } from './rules/rule-world.ts';
import { tokenCases } from './rules/token-cases.ts';
import { webhookCases } from './rules/webhook-cases.ts';

const CASES = [...authorizeCases, ...tokenCases, ...accessCases, ...metafieldCases, ...webhookCases];

beforeAll(() => void loadAdminSchema('2026-10'));

/** Runs a request in a separate stand-in. */
async function run(lenient: RuleName[], request: (world: RuleWorld) => Promise<boolean>) {
  const world = await openRuleWorld(new Set(lenient));
  try {
    return { accepted: await request(world), violations: world.rules() };
  } finally {
    await world.close();
  }
}

it('each rule has one case and the page that states it', () => {
  expect(CASES.map(({ rule }) => rule).sort()).toEqual(Object.keys(RULES).sort());
  for (const { source } of Object.values(RULES))
    expect(source).toMatch(/^(?:shopify\.dev|rfc-editor\.org)\/\S+$/);
});

describe.each(CASES.map((row) => [row.rule, RULES[row.rule].source, row] as const))(
  '%s (%s)',
  (rule, _source, { good, mutant }) => {
    it('accepts a request that keeps it', async () => {
      expect(await run([], good)).toEqual({ accepted: true, violations: [] });
    });

    it('refuses a request that breaks it', async () => {
      expect(await run([], mutant)).toEqual({
        accepted: false,
        violations: RULES[rule].counted ? [rule] : [],
      });
    });

    it('is the only reason for the refusal', async () => {
      expect(await run([rule], mutant)).toEqual({ accepted: true, violations: [] });
    });
  },
);
