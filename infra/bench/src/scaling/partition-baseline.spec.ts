import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import { PARTITIONS, partitionCustomers } from './partition-baseline.ts';

const baseline = readFileSync(join(workspaceRoot(), 'libs/db/migrations/0000_baseline.sql'), 'utf8');

it('partitions the customers by their merchant, and changes nothing else', () => {
  const partitioned = partitionCustomers(baseline);
  const added = partitioned.split('\n').filter((line) => !baseline.split('\n').includes(line));
  expect(added).toEqual([
    ') PARTITION BY HASH (merchant_id);',
    ...Array.from(
      { length: PARTITIONS },
      (_, n) =>
        `CREATE TABLE customers_${n} PARTITION OF customers FOR VALUES WITH (MODULUS ${PARTITIONS}, REMAINDER ${n});`,
    ),
  ]);
  expect(partitioned.indexOf(') PARTITION BY HASH')).toBeLessThan(
    partitioned.indexOf('CREATE INDEX "idx_customers_'),
  );
});

it('says so when the baseline no longer creates the table as it did', () =>
  expect(() => partitionCustomers('CREATE TABLE clients (id uuid);')).toThrow(
    'the baseline does not create customers',
  ));
