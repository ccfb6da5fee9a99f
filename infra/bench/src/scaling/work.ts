import { randomInt, randomUUID } from 'node:crypto';
import { inTransaction, poolReader } from '@core/db';
import {
  applyRfmScores,
  createCustomer,
  getCustomerRfm,
  upsertCustomers,
  type CommandContext,
} from '@core/domain';
import { anImportId } from '@core/testing';
import { sampleCustomers } from '../import/sample-customers.ts';
import type { Measured } from '../rounds.ts';
import { runFor } from '../run-for.ts';
import { keyOf, merchantOf, PAGE } from './fill.ts';
import type { ScalingDatabase } from './open-server.ts';
import { walPosition, walSince } from './wal.ts';

export const WORK = ['pages', 'create', 'scores', 'read_64', 'read_1'] as const;
export type Work = (typeof WORK)[number];

/** Concurrent transactions or statements. */
const LANES: Record<Work, number> = { pages: 2, create: 8, scores: 4, read_64: 4, read_1: 8 };
/** Scores per transaction: the size of a batch of records. */
const SCORES = 500;
const KEYS = 64;

export interface WorkOptions {
  /** The number of customers that `fill` has inserted. */
  customers: number;
  seconds: number;
  /** Called with the WAL bytes per customer that the work has written. */
  onWal?: (work: Work, bytes: number) => void;
}

let external = 8_000_000_000_000;
let sequence = 0n;

/** Returns measurements of the apps' daily work, which run the domain's own commands and count customers. */
export function workOf(
  database: ScalingDatabase,
  { customers, seconds, onWal }: WorkOptions,
): Record<Work, () => Promise<Measured>> {
  const { api, worker, importer, keys } = database;
  const ctx = (): CommandContext => ({ caller: 'bench', requestId: randomUUID(), keys });
  const randomCustomer = () => keyOf(randomInt(customers));
  const ofLane = (lane: number) =>
    keyOf(LANES.scores * randomInt(Math.floor(customers / LANES.scores)) + lane);
  const reader = poolReader(api);
  const once: Record<Work, (lane: number) => Promise<number>> = {
    async pages() {
      const page = sampleCustomers(PAGE, (external += PAGE));
      const merchantId = merchantOf(randomInt(customers));
      const input = { merchantId, importId: anImportId(), customers: page };
      await inTransaction(importer, (tx) => upsertCustomers(tx, ctx(), input), { merchantId });
      return PAGE;
    },
    async create() {
      const merchantId = merchantOf(randomInt(customers));
      const input = { merchantId, email: `person-${randomUUID()}@example.com`, metadata: { tier: 'gold' } };
      await inTransaction(api, (tx) => createCustomer(tx, ctx(), input), { merchantId });
      return 1;
    },
    // No two lanes write to the same customer, because the records of a customer come from one partition of
    // Kafka. PostgreSQL 18.4 crashes when two lanes do so in a partitioned table: it prunes partitions again
    // for the row that the other one has changed.
    async scores(lane) {
      const scores = Array.from({ length: SCORES }, () => ({
        ctx: ctx(),
        input: { ...ofLane(lane), score: newScore() },
      }));
      await inTransaction(worker, (tx) => applyRfmScores(tx, scores));
      return SCORES;
    },
    async read_64() {
      await getCustomerRfm(reader, Array.from({ length: KEYS }, randomCustomer));
      return KEYS;
    },
    async read_1() {
      await getCustomerRfm(reader, [randomCustomer()]);
      return 1;
    },
  };
  const timed = (work: Work) => async () => {
    const from = await walPosition(database);
    let done = 0;
    const measured = await runFor(database.databasePid, seconds, LANES[work], async (lane) => {
      const some = await once[work](lane);
      done += some;
      return some;
    });
    onWal?.(work, (await walSince(database, from)) / done);
    return measured;
  };
  return Object.fromEntries(WORK.map((work) => [work, timed(work)])) as Record<Work, () => Promise<Measured>>;
}

const part = () => randomInt(1, 6);

export const newScore = () => ({
  recency: part(),
  frequency: part(),
  monetary: part(),
  segment: part() < 3 ? 'LOYAL' : 'CHAMPIONS',
  asOf: new Date().toISOString(),
  sequence: BigInt(Date.now()) * 1_000_000n + ++sequence,
});
