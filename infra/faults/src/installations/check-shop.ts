import { status as grpcStatus } from '@grpc/grpc-js';
import { ShopService, ShopStatus } from '@core/contracts';
import { inTransaction } from '@core/db';
import { readStoredToken } from '@core/domain';
import { expectState, type ExpectedState, type Facts } from './expect-state.ts';
import type { Problem } from './problems.ts';
import type { InstallationStack } from './stack.ts';
import type { Subject } from './subject.ts';

interface Stored {
  connections: number;
  owners: string[];
  schedules: number;
  customers: string[];
  runs: { id: string; status: string; error: string | null }[];
  generation: number;
  failed: string[];
}

const READ = `
  select (select count(*)::int from shopify_connections where shop = $2) as connections,
         (select coalesce(json_agg(merchant_id), '[]') from shop_directory where shop = $2) as owners,
         (select count(*)::int from import_schedules where merchant_id = $1) as schedules,
         (select coalesce(json_agg(coalesce(external_id, id::text)), '[]') from customers
           where merchant_id = $1 and erased_at is null and deleted_at is null) as customers,
         (select coalesce(json_agg(json_build_object('id', id, 'status', status, 'error', error)), '[]')
            from customer_import_logs where merchant_id = $1) as runs,
         coalesce((select generation from app_installations where shop_id = $3), 1) as generation,
         (select coalesce(json_agg(topic || ': ' || error), '[]') from webhook_events
           where merchant_id = $1 and outcome = 'failed') as failed`;

const ACTIVE = ['pending', 'running', 'paused', 'cancelling'];
const ENDED = [
  'The app was uninstalled from the shop.',
  'The shop was disconnected.',
  'The data of the shop is being removed',
];
/** Messages of a run whose importer has met the uninstall before its webhook. */
const REFUSED = ['Shopify no longer accepts the access token', 'Shopify refused the access token'];
const NOT_CONNECTED = 'is not connected';

const SHOWN: Readonly<Record<'connected' | 'disconnected' | 'uninstalled', ShopStatus>> = {
  connected: ShopStatus.CONNECTED,
  disconnected: ShopStatus.DISCONNECTED,
  uninstalled: ShopStatus.UNINSTALLED,
};

/** Compares the state of an idle service with the expected one. */
export async function checkShop(stack: InstallationStack, subject: Subject): Promise<Problem[]> {
  const { merchantId, far, facts, hours } = subject;
  const expected = expectState(facts, hours);
  const { rows } = await stack.owner.query<Stored>(READ, [merchantId, far.domain, far.shopId]);
  const [stored] = rows;
  if (!stored) throw new Error('no row');
  const shown = await showShop(stack, subject);
  const problems: Problem[] = [
    ...runProblems(subject, stored),
    ...customerProblems(subject, stored, expected),
    ...countProblems(facts, stored, expected, shown?.installation),
    ...stored.failed.map((failed): Problem => ({
      kind: 'refused',
      says: `a webhook was given up: ${failed}`,
    })),
  ];
  const add = (kind: Problem['kind'], says: string) => problems.push({ kind, says });
  if (expected.shop === 'any') return problems;
  const isAsExpected =
    expected.shop === 'unknown' ? shown === undefined : shown?.status === SHOWN[expected.shop];
  const kind = KINDS[expected.shop];
  if (!isAsExpected) add(kind, `the shop is ${nameOf(shown)}, not ${expected.shop}`);
  const owners = expected.shop === 'unknown' ? '' : merchantId;
  if (stored.owners.join() !== owners) add(kind, `its merchants are ${stored.owners.join() || 'none'}`);
  if (expected.shop === 'connected') {
    if (isAsExpected && !(await hasCurrentToken(stack, subject)))
      add('shops lost', 'the stored token is not the one that Shopify accepts');
    return problems;
  }
  if (stored.connections > 0) add('tokens left', 'the connection exists after its end');
  const active = stored.runs.filter(({ status }) => ACTIVE.includes(status)).length;
  if (active + stored.schedules > 0)
    add(
      'runs left',
      `${active} in progress and ${stored.schedules} schedules after the end of the connection`,
    );
  return problems;
}

const KINDS = {
  connected: 'shops lost',
  disconnected: 'data lost',
  uninstalled: 'data lost',
  unknown: 'data left',
} as const;

function runProblems({ deadRuns }: Subject, { runs }: Stored): Problem[] {
  return runs.flatMap(({ id, status, error }) => {
    const isExplained =
      status === 'cancelled'
        ? ENDED.some((reason) => error?.startsWith(reason))
        : REFUSED.some((message) => error?.startsWith(message)) ||
          (deadRuns.has(id) && error?.includes(NOT_CONNECTED));
    return (status === 'cancelled' || status === 'failed') && !isExplained
      ? [{ kind: 'runs left', says: `a run ended as ${status} with: ${error}` }]
      : [];
  });
}

function customerProblems({ far, erased }: Subject, stored: Stored, expected: ExpectedState): Problem[] {
  const left = new Set(stored.customers);
  if (expected.customers === 'none')
    return left.size > 0 ? [{ kind: 'data left', says: `${left.size} customers` }] : [];
  const missing = [...far.all()].filter(({ id }) => !left.has(id) && !erased.has(id)).length;
  if (expected.customers === 'any' || missing === 0) return [];
  const kind = expected.shop === 'connected' ? 'shops lost' : 'data lost';
  return [{ kind, says: `${missing} of ${far.customers} customers are gone` }];
}

/** A lost app/uninstalled is counted when its shop/redact arrives, or never. */
function countProblems(
  { uninstalled, reported, connected }: Facts,
  { generation }: Stored,
  expected: ExpectedState,
  installation: number | undefined,
): Problem[] {
  if (reported.size < uninstalled.size) return [];
  const problems: Problem[] = [];
  const add = (says: string) => problems.push({ kind: 'installations miscounted', says });
  if (generation !== reported.size + 1) add(`${generation - 1} uninstalls, not ${reported.size}`);
  const current = 1 + [...reported].filter((of) => of < connected).length;
  if (expected.shop === 'connected' && installation !== current)
    add(`installation ${installation}, not ${current}`);
  return problems;
}

const nameOf = (shown: { status: ShopStatus } | undefined): string =>
  Object.entries(ShopStatus)
    .find(([, value]) => value === shown?.status)?.[0]
    .toLowerCase() ?? 'unknown';

async function showShop({ rpc }: InstallationStack, { merchantId, far }: Subject) {
  try {
    return (await rpc.unary(ShopService.method.getShop, { merchantId, shop: far.domain })).shop;
  } catch (error) {
    if ((error as { code?: number }).code === grpcStatus.NOT_FOUND) return undefined;
    throw error;
  }
}

const hasCurrentToken = async (
  { api, newKeys }: InstallationStack,
  { merchantId, far }: Subject,
): Promise<boolean> => {
  const keys = newKeys();
  const { accessToken } = await inTransaction(
    api,
    (tx) => readStoredToken(tx, { keys }, { merchantId, shop: far.domain }),
    { merchantId },
  );
  return accessToken === far.accessToken;
};
