import { isDeepStrictEqual } from 'node:util';
import type { CustomerId } from '@core/contracts';
import { emailHash, readEmail } from '@core/crypto';
import { inTransaction, type Tx } from '@core/db';
import type { StandInCustomer } from '@core/shopify-stand-in';
import type { ConnectedShop, SourceName } from './shops.ts';
import { CEILING, type ImportStack } from './stack.ts';

/**
 * A customer as it should be stored. It repeats the importer's mapping independently. The time of the last
 * change is not compared: a change that contains nothing new (a merge can be one) is not written.
 */
interface ExpectedCustomer {
  externalId: string;
  email: string | null;
  metadata: Record<string, unknown>;
}

interface StoredCustomer extends ExpectedCustomer {
  /** The blind index in hex, as stored and as computed from the email; null if there is none. */
  index: { stored: string | null; ofEmail: string | null };
}

const MAX_SHOWN = 3;

/**
 * Compares a merchant's customers with the shop's, field by field.
 * @param source of the run: REST does not have the RFM group, and only a check of single ids brings it then
 * @returns the differences, the customers without exactly one event per version, and the broken rules of the
 *   shop; empty if everything is correct
 */
export async function compareShop(
  stack: ImportStack,
  shop: ConnectedShop,
  source: SourceName = 'graphql',
): Promise<string[]> {
  const stored = await storedCustomers(stack, shop);
  const hasGroup = (id: string) => source !== 'rest' || 'rfm_group' in (stored.get(id)?.metadata ?? {});
  const expected = new Map(
    [...shop.far.all()].map((customer) => [customer.id, toExpected(customer, hasGroup(customer.id))]),
  );
  const { violations, worstSecond } = shop.far.stats();
  return [
    ...summarize(
      'are missing',
      [...expected.keys()].filter((id) => !stored.has(id)),
    ),
    ...summarize(
      'are stored and not in the shop',
      [...stored.keys()].filter((id) => !expected.has(id)),
    ),
    ...summarize(
      'differ',
      [...expected].flatMap(([id, each]) => differences(id, each, stored.get(id))),
    ),
    ...summarize('have a blind index that does not match their email', wrongIndexes(stored)),
    ...(await findWrongEvents(stack, shop)),
    ...summarize(
      'rules of the shop were broken',
      violations.map(({ rule, detail }) => `${rule}: ${detail}`),
    ),
    ...(worstSecond > CEILING ? [`${worstSecond} requests within a second, ${CEILING} are allowed`] : []),
  ];
}

function differences(id: string, expected: ExpectedCustomer, stored: ExpectedCustomer | undefined): string[] {
  if (!stored) return [];
  const fields = (Object.keys(expected) as (keyof ExpectedCustomer)[]).filter(
    (field) => !isDeepStrictEqual(expected[field], stored[field]),
  );
  return fields.length === 0 ? [] : [`${id} in ${fields.join()}`];
}

/** Only a customer that shares an email with the holder of its index may lack an index. */
function wrongIndexes(stored: ReadonlyMap<string, StoredCustomer>): string[] {
  const holders = new Set([...stored.values()].map(({ index }) => index.stored));
  return [...stored]
    .filter(([, { index }]) =>
      index.stored === null
        ? index.ofEmail !== null && !holders.has(index.ofEmail)
        : index.stored !== index.ofEmail,
    )
    .map(([id]) => id);
}

const toExpected = (customer: StandInCustomer, hasGroup: boolean): ExpectedCustomer => ({
  externalId: customer.id,
  email: customer.email,
  metadata: {
    number_of_orders: Number(customer.numberOfOrders),
    amount_spent: {
      amount: Number(customer.amountSpent.amount).toFixed(2),
      currency: customer.amountSpent.currencyCode,
    },
    tags: [...customer.tags].sort(),
    state: customer.state,
    ...(hasGroup && { rfm_group: customer.rfmGroup }),
    created_at: customer.createdAt,
  },
});

async function storedCustomers({ api, keys }: ImportStack, { merchantId }: ConnectedShop) {
  const read = async (tx: Tx) => {
    const rows = await tx.query<{
      id: CustomerId;
      external_id: string;
      email: string | null;
      email_hash: Buffer | null;
      metadata: Record<string, unknown>;
    }>('select * from customers where merchant_id = $1 and deleted_at is null', [merchantId]);
    const merchantKeys = await keys.findOrCreate(tx, merchantId);
    const stored = new Map<string, StoredCustomer>();
    for (const row of rows) {
      const { id, external_id: externalId, metadata } = row;
      const email = await readEmail(tx, keys, { id, merchantId, email: row.email });
      const index = {
        stored: row.email_hash?.toString('hex') ?? null,
        ofEmail: email === null ? null : emailHash(merchantKeys, email).toString('hex'),
      };
      stored.set(externalId, { externalId, email, metadata, index });
    }
    return stored;
  };
  return inTransaction(api, read, { merchantId });
}

/** Finds wrong events. No relay runs here, so the outbox contains every event that was ever appended. */
async function findWrongEvents({ owner }: ImportStack, { merchantId }: ConnectedShop): Promise<string[]> {
  const { rows } = await owner.query<{ id: string; version: number; events: number[] }>(
    `select c.id, c.version, array_agg(e.version order by e.version) as events
       from customers c left join outbox_events e on e.customer_id = c.id
      where c.merchant_id = $1 group by c.id, c.version`,
    [merchantId],
  );
  const wrong = rows.filter(
    ({ version, events }) => events.length !== version || events.some((each, n) => each !== n + 1),
  );
  return summarize(
    'do not have exactly one event for each version',
    wrong.map(({ id, version, events }) => `${id} at ${version}: ${events.join(' ')}`),
  );
}

function summarize(what: string, cases: readonly string[]): string[] {
  if (cases.length === 0) return [];
  return [
    `${cases.length} ${what}: ${cases.slice(0, MAX_SHOWN).join('; ')}${cases.length > MAX_SHOWN ? '; ...' : ''}`,
  ];
}
