import { Client, type QueryResult } from 'pg';
import { statements } from '../../src/index.ts';
import { partitionsOfPlan, type Plan } from './partitions-of-plan.ts';

type Query = (this: Client, ...args: unknown[]) => unknown;
type KnownStatement = (typeof statements)[number];

/**
 * The open transaction of a client, as of the last text that it sent: in a pipeline the answers come later.
 */
interface Open {
  merchantId: string | undefined;
}
const open = new WeakMap<Client, Open>();

const findings: string[] = [];
const pending = new Set<Promise<unknown>>();
const SAVEPOINT = 'core_guard';

/** SQLSTATEs of errors that only EXPLAIN raises, not the statement itself. */
const UNEXPLAINABLE = ['42601', '42P02', '42P18'];

let unguarded: Query | undefined;

/**
 * Starts to check every statement of the service that goes to a spec's own database. The statement is first
 * explained, with its values and on its connection, and must be planned for one merchant; one that declares
 * `crosses` may be planned for several. Texts that are no statement are passed on: specs may read rows as
 * they like, and lint keeps such texts out of the service. Rejected: auto_explain, which writes its plans
 * into the server's log without the values. Processes that a spec starts are not guarded.
 */
export function guardClients(): void {
  if (unguarded) return;
  const query = (unguarded = Client.prototype.query as Query);
  Client.prototype.query = function (this: Client, ...args: unknown[]) {
    const [first, second] = args;
    const text = typeof first === 'string' ? first : textOf(first);
    if (text === undefined || !isOfSpec(this)) return query.apply(this, args);
    follow(this, text);
    const known = find(text);
    // A FETCH reads the query of its cursor, which was checked when it was declared.
    if (known && !/^fetch\b/.test(text)) {
      const values = Array.isArray(second) ? second : (first as { values?: unknown[] }).values;
      // Sent before the statement and not awaited, so that pipelined statements keep their order.
      const check = checkPlan(known, explain(this, query, text, values), open.get(this)?.merchantId);
      pending.add(check);
      void check.finally(() => pending.delete(check));
    }
    return query.apply(this, args);
  } as typeof Client.prototype.query;
}

/** Returns the findings since the last call, one sentence for each statement. */
export async function takeFindings(): Promise<string[]> {
  await Promise.all(pending);
  return [...new Set(findings.splice(0))];
}

/**
 * Returns the text of a query object; undefined for a cursor or a COPY, which send themselves in their own
 * way.
 */
function textOf(query: unknown): string | undefined {
  if (typeof query !== 'object' || query === null || 'submit' in query) return undefined;
  return (query as { text?: string }).text;
}

const onOneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Recognizes clones of a template; a spec's own cluster has no partitions. */
const isOfSpec = (client: Client): boolean => client.database?.startsWith('test_') ?? false;

const byText = new Map<string, KnownStatement>();
let registered = 0;
function find(text: string): KnownStatement | undefined {
  for (const each of statements.slice(registered)) byText.set(each.text, each);
  registered = statements.length;
  return byText.get(text);
}

function follow(client: Client, text: string): void {
  if (/^\s*(begin|start transaction)\b/i.test(text)) {
    const [, merchantId] = /core\.merchant_id = '([^']+)'/.exec(text) ?? [];
    open.set(client, { merchantId });
  }
  if (/\b(commit|rollback);?\s*$/i.test(text)) open.delete(client);
}

/**
 * Explains a statement with partition pruning, which the layout turns off (PARTITIONED_SETTINGS). Within a
 * transaction it runs between savepoints: an error of EXPLAIN, such as a missing right, would otherwise make
 * the statement itself fail for another reason.
 */
async function explain(client: Client, query: Query, text: string, values?: unknown[]): Promise<Plan> {
  const ask = (text: string, values?: unknown[]) =>
    query.call(client, { text, values }) as Promise<QueryResult<{ 'QUERY PLAN': [{ Plan: Plan }] }>>;
  const [begin, end] = open.has(client)
    ? [`savepoint ${SAVEPOINT}`, `rollback to savepoint ${SAVEPOINT}; release savepoint ${SAVEPOINT}`]
    : ['begin', 'rollback'];
  const before = ask(`${begin}; set local enable_partition_pruning = on`);
  const explained = ask(`explain (format json) ${text}`, values);
  await Promise.allSettled([before, explained, ask(end)]);
  return (await explained).rows[0]!['QUERY PLAN'][0].Plan;
}

async function checkPlan(
  { text, crosses }: KnownStatement,
  explained: Promise<Plan>,
  merchantId: string | undefined,
): Promise<void> {
  try {
    const { partitions, ofOneMerchant } = partitionsOfPlan(await explained);
    if (ofOneMerchant || (crosses !== undefined && merchantId === undefined)) return;
    const why =
      crosses === undefined
        ? 'is planned for several merchants and has no `crosses`'
        : `crosses merchants (${crosses}) in the transaction of one`;
    findings.push(`a statement ${why}: it reads ${partitions.join(', ')}: ${onOneLine(text)}`);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    // Any other error also occurs in the statement itself, or in the connection.
    if (UNEXPLAINABLE.includes(code ?? '')) {
      findings.push(`a statement cannot be explained (${message}): ${onOneLine(text)}`);
    }
  }
}
