/* global __ENV */
// The most frequent calls of the platform's services to one api: single scores, batches of scores, and lists
// by segment, of every merchant in turn. Started by infra/load/src/main.ts, which seeds the customers;
// seed-customers.ts of libs/testing defines the ids. k6 runs this file alone: it imports nothing from the
// repository.
import exec from 'k6/execution';
import { Rate } from 'k6/metrics';
import { Client, StatusOK } from 'k6/net/grpc';

const { TARGET, TOKEN, PROTO } = __ENV;
const [MERCHANTS, CUSTOMERS_EACH, RATE, SECONDS] = ['MERCHANTS', 'CUSTOMERS_EACH', 'RATE', 'SECONDS'].map(
  (name) => Number(__ENV[name]),
);
const SERVICE = 'core.v1.CoreService';

const WARM_UP = 10;

// Open loop: calls are made when they are due, however slow the answers are, as independent callers do.
const scenario = (exec, rate, startTime, duration) => ({
  executor: 'constant-arrival-rate',
  exec,
  rate,
  startTime: `${startTime}s`,
  duration: `${duration}s`,
  // Enough for answers that take half a second; each VU has its own connection.
  preAllocatedVUs: Math.ceil(rate / 2),
});
const measured = (exec, rate) => scenario(exec, rate, WARM_UP, SECONDS);
const RATES = { score: RATE, batch: Math.ceil(RATE / 10), segment: Math.ceil(RATE / 10) };

export const options = {
  scenarios: {
    // A server that has just started still compiles its code and opens connections.
    warm_up: scenario('anything', RATE, 0, WARM_UP),
    ...Object.fromEntries(Object.entries(RATES).map(([exec, rate]) => [exec, measured(exec, rate)])),
  },
  thresholds: {
    // A wrong answer counts as an error, too.
    errors: ['rate<0.001'],
    // About 15 ms on two cores. The limits leave room for other tenants of the machine, but fail when the api
    // does not keep up: in an open loop the queue of waiting calls grows without limit.
    'grpc_req_duration{scenario:score}': ['p(95)<250'],
    'grpc_req_duration{scenario:batch}': ['p(95)<300'],
    'grpc_req_duration{scenario:segment}': ['p(95)<300'],
    // Calls that were due when k6 had no free VU: without this limit the latencies would look too good.
    ...Object.fromEntries(
      Object.entries(RATES).map(([exec, rate]) => [
        `dropped_iterations{scenario:${exec}}`,
        [`count<${Math.ceil(rate * SECONDS * 0.01)}`],
      ]),
    ),
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

const errors = new Rate('errors');
const client = new Client();
client.load([PROTO], 'core/v1/core.proto');
let connected = false;

function call(method, request) {
  if (!connected) client.connect(TARGET, { plaintext: true });
  connected = true;
  const metadata = { authorization: `Bearer ${TOKEN}` };
  const { status, message } = client.invoke(`${SERVICE}/${method}`, request, { timeout: '10s', metadata });
  return status === StatusOK ? message : undefined;
}

const hex = (n) => n.toString(16).padStart(12, '0');
/** Returns the merchant of the nth call; each merchant is used every 5,000 calls. */
const merchantOf = (n) => `00000000-0000-4000-8000-${hex((n % MERCHANTS) + 1)}`;
const customerOf = (n, which) => `10000000-0000-4000-8000-${hex((n % MERCHANTS) + which * MERCHANTS)}`;

export function score() {
  const n = exec.scenario.iterationInTest;
  const reply = call('GetCustomerRFM', {
    merchant_id: merchantOf(n),
    customer_id: customerOf(n, Math.floor(n / MERCHANTS + n * 7) % CUSTOMERS_EACH),
  });
  const rfm = reply?.rfmScore;
  errors.add(!reply || (rfm != null && rfm.score !== `${rfm.recency}${rfm.frequency}${rfm.monetary}`));
}

export function batch() {
  // Other merchants than those whose single scores are read at the same time.
  const n = exec.scenario.iterationInTest * 37;
  const customer_ids = Array.from({ length: CUSTOMERS_EACH }, (_, which) => customerOf(n, which));
  const reply = call('BatchGetCustomerRFM', { merchant_id: merchantOf(n), customer_ids });
  const found = reply?.results.filter((each, which) => each.found && each.customerId === customer_ids[which]);
  errors.add(found?.length !== CUSTOMERS_EACH);
}

export function segment() {
  const n = exec.scenario.iterationInTest * 41;
  const reply = call('ListCustomers', {
    merchant_id: merchantOf(n),
    filter: { segment: 'LOYAL' },
    page_size: 50,
  });
  const fits = (each) => each.merchantId === merchantOf(n) && each.rfmScore.segment === 'LOYAL';
  errors.add(!reply || !reply.customers.every(fits));
}

export function anything() {
  [score, batch, segment][exec.scenario.iterationInTest % 3]();
}
