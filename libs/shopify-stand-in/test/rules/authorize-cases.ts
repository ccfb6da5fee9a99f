import { CALLBACK } from './rule-world.ts';
import type { RuleCase, RuleWorld } from './rule-world.ts';

const approves = async (world: RuleWorld, changed: Record<string, string | undefined> = {}) =>
  (await world.authorize(changed)).location?.searchParams.has('code') === true;

export const authorizeCases: RuleCase[] = [
  {
    rule: 'client-id',
    good: approves,
    mutant: (world) => approves(world, { client_id: 'another-app' }),
  },
  {
    rule: 'redirect-uri',
    good: approves,
    mutant: (world) => approves(world, { redirect_uri: `${CALLBACK}/more` }),
  },
  {
    rule: 'scope',
    good: (world) => approves(world, { scope: 'write_customers,read_all_orders' }),
    mutant: (world) => approves(world, { scope: 'read_customers,read_minds' }),
  },
  {
    rule: 'state',
    good: approves,
    mutant: (world) => approves(world, { state: undefined }),
  },
];
