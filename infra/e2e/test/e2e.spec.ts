// tag: compliance
import { canary } from './e2e/canary.ts';
import { eventsAndPrivacy } from './e2e/events-and-privacy.ts';
import { faults } from './e2e/faults.ts';
import { imports } from './e2e/imports.ts';
import { readsAndWrites } from './e2e/reads-and-writes.ts';
import { metrics } from './e2e/metrics.ts';
import { readme } from './e2e/readme.ts';
import { saga } from './e2e/saga.ts';
import { newDir, remove, start, stop, type E2e } from './e2e/support.ts';

// Drives the real processes on real services from outside: through gRPC, Connect JSON, Kafka and the
// stand-in. All scenarios share one stack, because starting it takes longer than most of them.
let e2e: E2e | undefined;
const dir = newDir();
const running = () => {
  if (!e2e) throw new Error('the stack did not start');
  return e2e;
};

beforeAll(async () => {
  e2e = await start(dir);
}, 300_000);

afterAll(async () => {
  try {
    if (e2e) await stop(e2e);
  } finally {
    remove(dir);
  }
}, 120_000);

jest.setTimeout(300_000);
describe('reads and writes', () => readsAndWrites(running));
describe('the README', () => readme(running));
describe('metrics', () => metrics(running));
describe('events and privacy', () => eventsAndPrivacy(running));
describe('the saga', () => saga(running));
describe('the canary', () => canary(running));
describe('imports', () => imports(running));
describe('faults', () => faults(running, (next) => (e2e = next)));
