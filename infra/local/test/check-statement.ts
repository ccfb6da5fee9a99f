import { parseSync } from 'libpg-query';

type Node = Readonly<Record<string, unknown>>;

/** Functions that give another value at each call, and of which an UPDATE gets a parameter instead. */
const VOLATILE = ['clock_timestamp', 'gen_random_uuid', 'random', 'timeofday', 'uuidv4', 'uuidv7'];

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** Every node below, with its kind. */
function* nodesOf(value: unknown): Generator<[kind: string, node: Node]> {
  if (Array.isArray(value)) {
    for (const each of value) yield* nodesOf(each);
  } else if (isNode(value)) {
    for (const [kind, node] of Object.entries(value)) {
      if (isNode(node) && !Array.isArray(node)) yield [kind, node];
      yield* nodesOf(node);
    }
  }
}

const all = (value: unknown, kind: string): Node[] =>
  [...nodesOf(value)].flatMap(([of, node]) => (of === kind ? [node] : []));

const nameOf = (parts: unknown): string =>
  (parts as { String: { sval: string } }[]).map(({ String }) => String.sval).join('.');

const isMerchant = ({ fields }: Node): boolean =>
  (fields as { String?: { sval: string } }[]).some(({ String }) => String?.sval === 'merchant_id');

/** Whether the columns of a merchant are compared with something else than such a column, such as a parameter or a list. */
const comparesMerchant = (condition: unknown): boolean =>
  all(condition, 'A_Expr').some(({ lexpr, rexpr }) => {
    const [left, right] = [lexpr, rexpr].map((side) => all([side], 'ColumnRef').some(isMerchant));
    return left !== right;
  });

const tablesIn = (from: unknown): string[] => all(from, 'RangeVar').map(({ relname }) => String(relname));

/** A value that hides behind a query of its own: the planner then knows neither it nor the partition. */
const hidesParameter = (sublink: Node): boolean => {
  const { subselect } = sublink as { subselect?: { SelectStmt?: Node } };
  const { targetList, fromClause } = subselect?.SelectStmt ?? {};
  return fromClause === undefined && all(targetList, 'ParamRef').length > 0;
};

/**
 * The faults of a statement, by PostgreSQL's own parser.
 * @param merchantTables tables with a merchant_id
 */
export function checkStatement(text: string, merchantTables: ReadonlySet<string>): string[] {
  const { stmts } = parseSync(text) as unknown as { stmts: Node[] };
  const found: string[] = [];
  if (stmts.length !== 1) found.push(`${stmts.length} statements in one text`);
  for (const { funcname } of all(stmts, 'FuncCall')) {
    if (nameOf(funcname).endsWith('set_config')) found.push('set_config');
  }
  if (all(stmts, 'SubLink').some(hidesParameter)) found.push('a parameter hides in (select $n)');
  for (const { relation, targetList } of all(stmts, 'UpdateStmt')) {
    const table = String((relation as Node).relname);
    if (!merchantTables.has(table)) continue;
    const called = all(targetList, 'FuncCall').map(({ funcname }) => nameOf(funcname));
    for (const name of called.filter((each) => VOLATILE.includes(each)))
      found.push(`${name}() in an UPDATE of ${table}`);
  }
  for (const select of all(stmts, 'SelectStmt')) {
    if (select.lockingClause === undefined) continue;
    const locked = tablesIn(select.fromClause).filter((table) => merchantTables.has(table));
    if (locked.length > 0 && !comparesMerchant([select.whereClause, select.fromClause]))
      found.push(`rows of ${locked.join(', ')} are locked without their merchant`);
  }
  return found;
}
