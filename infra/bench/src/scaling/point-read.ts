import { randomInt } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { build, customers, isLive, statement } from '@core/db';
import { withClient } from '@core/testing';
import type { Measured } from '../rounds.ts';
import { runFor } from '../run-for.ts';
import { keyOf } from './fill.ts';
import type { ScalingDatabase } from './open-server.ts';

/** Reads one customer's score by key, like most statements of the product, as a named prepared statement. */
const FIND = statement({
  name: 'find_score',
  params: { merchantId: customers.merchantId, id: customers.id },
  row: { score: customers.rfmScore },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(customers.merchantId, p.merchantId), eq(customers.id, p.id), isLive())),
});

/** Values of plan_cache_mode: one plan for all values, or a plan for the values of each execution. */
export type PlanMode = 'force_generic_plan' | 'force_custom_plan';

/** Returns a measurement that reads on one connection, as fast as possible. */
export const pointRead =
  (
    { ownerUrl, databasePid }: ScalingDatabase,
    mode: PlanMode,
    { customers, seconds }: { customers: number; seconds: number },
  ) =>
  (): Promise<Measured> =>
    withClient(ownerUrl, async (client) => {
      await client.query(`set plan_cache_mode = ${mode}`);
      return runFor(databasePid, seconds, 1, async () => {
        const { merchantId, customerId: id } = keyOf(randomInt(customers));
        await client.query({
          name: 'find_score',
          text: FIND.text,
          values: FIND.valuesOf({ merchantId, id }),
        });
        return 1;
      });
    });
