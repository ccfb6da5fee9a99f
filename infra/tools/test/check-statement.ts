import { parseSync } from 'libpg-query';
import { knownBy } from './known-values.ts';
import { all, as, nameOf, type Node } from './parse-tree.ts';
import { usesOfMerchants, type Tables } from './uses-of-merchants.ts';

/** The facts about the database that the check needs. */
export interface Catalog {
  readonly tables: Tables;
  /** Functions that return rows of several merchants, with their kind of work. */
  readonly crossingFunctions: ReadonlyMap<string, string>;
}

/** Functions with a different value at each call. An UPDATE must use a parameter instead. */
const VOLATILE = ['clock_timestamp', 'gen_random_uuid', 'random', 'timeofday', 'uuidv4', 'uuidv7'];

/** Whether a subquery hides a parameter: the planner then knows neither the value nor the partition. */
const hidesParameter = (sublink: Node): boolean => {
  const { targetList, fromClause } = as(sublink.subselect, 'SelectStmt') ?? {};
  return fromClause === undefined && all(targetList, 'ParamRef').length > 0;
};

interface Crossing {
  readonly text: string;
  /** Whether each row names its merchant, among the merchants that are passed in. */
  readonly given: boolean;
}

/** Returns the places where a statement reads or writes rows without restricting them to one merchant. */
function crossingsOf(stmts: readonly Node[], { tables, crossingFunctions }: Catalog): Crossing[] {
  const uses = stmts.flatMap(({ stmt }) => usesOfMerchants(stmt, tables));
  const open = uses.flatMap(({ table, name, inserts, merchant }) => {
    const known = knownBy(merchant);
    if (known === 'one' || (inserts && known === 'given')) return [];
    if (inserts) return [{ text: `a row of ${table} gets its merchant from no parameter`, given: false }];
    const of = name === table ? table : `${table} as ${name}`;
    const by = known === 'given' ? 'but to several by an array' : 'by a parameter';
    return [{ text: `${of} is not restricted to one merchant, ${by}`, given: known === 'given' }];
  });
  const called = all(stmts, 'FuncCall').flatMap(({ funcname }) => {
    const name = nameOf(funcname);
    const crosses = crossingFunctions.get(name);
    return crosses ? [{ text: `${name}() crosses merchants`, given: crosses === BATCHES }] : [];
  });
  return [...open, ...called];
}

/** The kind with a stricter rule, because it serves calls of merchants: each row must name its merchant. */
const BATCHES = 'batches';

/** Returns the faults of a statement, found with PostgreSQL's own parser. */
export function checkStatement(
  { text, crosses }: { text: string; crosses?: string | undefined },
  catalog: Catalog,
): string[] {
  const { stmts } = parseSync(text) as unknown as { stmts: Node[] };
  const found: string[] = [];
  if (stmts.length !== 1) found.push(`${stmts.length} statements in one text`);
  for (const { funcname } of all(stmts, 'FuncCall')) {
    if (nameOf(funcname).endsWith('set_config')) found.push('set_config');
  }
  if (all(stmts, 'SubLink').some(hidesParameter)) found.push('a parameter hides in (select $n)');
  for (const { relation, targetList, onConflictClause } of [
    ...all(stmts, 'UpdateStmt'),
    ...all(stmts, 'InsertStmt'),
  ]) {
    const table = String((relation as Node).relname);
    if (!catalog.tables.get(table)?.has('merchant_id')) continue;
    const written = onConflictClause ?? targetList;
    const called = all(written, 'FuncCall').map(({ funcname }) => nameOf(funcname));
    for (const name of called.filter((each) => VOLATILE.includes(each)))
      found.push(`${name}() in an UPDATE of ${table}`);
  }
  const crossings = crossingsOf(stmts, catalog);
  const open = crosses === BATCHES ? crossings.filter(({ given }) => !given) : crossings;
  if (crosses === undefined || crosses === BATCHES) found.push(...open.map((crossing) => crossing.text));
  if (crosses !== undefined && crossings.length === 0) found.push(`crosses: ${crosses} is not needed`);
  return found;
}
