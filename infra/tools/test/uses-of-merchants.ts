import { value, type Value } from './known-values.ts';
import { all, as, isNode, list, nodesOf, partsOf, uncast, type Node } from './parse-tree.ts';
import {
  derivedSource,
  functionOutput,
  inside,
  NOTHING,
  outputOf,
  resolve,
  tableSource,
  valueOf,
  type Output,
  type Scope,
  type Source,
} from './row-sources.ts';

/** The columns of each table. */
export type Tables = ReadonlyMap<string, ReadonlySet<string>>;

const MERCHANT = 'merchant_id';

/** A place where a statement reads, changes or inserts rows of a table with a merchant_id. */
export interface Use {
  readonly table: string;
  readonly name: string;
  readonly inserts: boolean;
  /** The merchant of the rows. */
  readonly merchant: Value;
}

/**
 * Returns all such places in a statement. An equation counts only within a conjunction, and only for the
 * query's own sources. A condition in a subquery restricts no row of the outer query, and the ON of a LEFT
 * JOIN restricts no row on its left side.
 */
export function usesOfMerchants(statement: unknown, tables: Tables): Use[] {
  const uses: Use[] = [];

  function query(node: unknown, outer: Scope | undefined): Output {
    const [kind, body] = isNode(node) ? (Object.entries(node)[0] ?? []) : [];
    const scope = inside(outer);
    if (!isNode(body)) return NOTHING;
    for (const each of list((body.withClause as Node | undefined)?.ctes)) addCte(each, scope);
    if (kind === 'SelectStmt') return select(body, scope);
    if (kind === 'InsertStmt') return insert(body, scope);
    if (kind === 'UpdateStmt') return change(body, body.fromClause, scope);
    if (kind === 'DeleteStmt') return change(body, body.usingClause, scope);
    if (kind === 'DeclareCursorStmt') return query(body.query, outer);
    for (const { relname } of all(body, 'RangeVar')) useOf(String(relname), String(relname), value(), false);
    return NOTHING;
  }

  function addCte(node: unknown, scope: Scope): void {
    const { ctename, ctequery, aliascolnames } = as(node, 'CommonTableExpr') ?? {};
    const name = String(ctename);
    const renamed = (output: Output): Output =>
      list(aliascolnames).length > 0 ? { ...output, names: partsOf(aliascolnames) } : output;
    const select = as(ctequery, 'SelectStmt');
    // A recursive CTE reads the rows that its first arm returned.
    const first = select?.larg && all(select.rarg, 'RangeVar').some(({ relname }) => relname === ctename);
    if (first) scope.ctes.set(name, renamed(query({ SelectStmt: select.larg }, scope)));
    scope.ctes.set(name, renamed(query(ctequery, scope)));
  }

  function select(body: Node, scope: Scope): Output {
    const { larg, rarg, fromClause, whereClause, withClause: _, targetList, valuesLists, ...others } = body;
    if (larg && rarg) {
      const arms = [query({ SelectStmt: larg }, scope), query({ SelectStmt: rarg }, scope)];
      return together(arms);
    }
    list(fromClause).forEach((item) => from(item, scope));
    equations(whereClause, scope, scope.sources);
    subqueries([targetList, whereClause, valuesLists, others], scope);
    if (!valuesLists) return outputOf(targetList, scope);
    const rows = list(valuesLists).map((row) =>
      list(as(row, 'List')?.items).map((each) => valueOf(each, scope)),
    );
    return together(
      rows.map((values) => ({ names: values.map((_, n) => `column${n + 1}`), values, stars: [] })),
    );
  }

  /** Returns the rows of all arms together. */
  const together = (arms: readonly Output[]): Output => ({
    names: arms[0]?.names ?? [],
    values: (arms[0]?.values ?? []).map((_, n) => ({
      equals: [],
      arms: arms.map(({ values }) => values[n] ?? value()),
    })),
    stars: [],
  });

  /** Adds an item of FROM to the scope. @returns the added sources */
  function from(item: unknown, scope: Scope): Source[] {
    const join = as(item, 'JoinExpr');
    if (join) {
      const [left, right] = [from(join.larg, scope), from(join.rarg, scope)];
      const both = [...left, ...right];
      const restricted =
        { JOIN_INNER: both, JOIN_LEFT: right, JOIN_RIGHT: left }[String(join.jointype)] ?? [];
      equations(join.quals, scope, restricted);
      subqueries(join.quals, scope);
      return both;
    }
    const table = as(item, 'RangeVar');
    const subquery = as(item, 'RangeSubselect');
    const call = as(item, 'RangeFunction');
    const alias = (table ?? subquery ?? call)?.alias as Node | undefined;
    if (call) subqueries(call.functions, scope);
    const source = table
      ? named(table, scope)
      : derivedSource(
          String(alias?.aliasname),
          subquery ? query(subquery.subquery, scope) : functionOutput(call ?? {}),
          alias?.colnames,
        );
    scope.sources.push(source);
    return [source];
  }

  /** Returns the source of a table or a CTE. */
  function named({ relname, schemaname, alias }: Node, scope: Scope): Source {
    const table = String(relname);
    const { aliasname = table, colnames } = (alias ?? {}) as Node;
    const cte = schemaname === undefined ? scope.ctes.get(table) : undefined;
    if (cte) return derivedSource(String(aliasname), cte, colnames);
    const source = tableSource(String(aliasname), tables.get(table) ?? new Set());
    useOf(table, source.name, source.column(MERCHANT), false);
    return source;
  }

  function useOf(table: string, name: string, merchant: Value | undefined, inserts: boolean): void {
    if (tables.get(table)?.has(MERCHANT)) uses.push({ table, name, merchant: merchant ?? value(), inserts });
  }

  function insert(body: Node, scope: Scope): Output {
    const { relname, alias } = body.relation as Node;
    const table = String(relname);
    const columns = list(body.cols).map((each) => String(as(each, 'ResTarget')?.name));
    const { values } = query(body.selectStmt, scope);
    const merchant = values[columns.indexOf(MERCHANT)] ?? value();
    useOf(table, table, merchant, true);
    const name = String((alias as Node | undefined)?.aliasname ?? table);
    const target = tableSource(name, tables.get(table) ?? new Set());
    target.column(MERCHANT)?.equals.push(merchant);
    scope.sources.push(target);
    subqueries([body.onConflictClause, body.returningClause], scope);
    rewritten(table, (body.onConflictClause as Node | undefined)?.targetList, scope);
    return returned(body, scope);
  }

  /** Handles an UPDATE or DELETE. */
  function change(body: Node, others: unknown, scope: Scope): Output {
    const { relation, targetList, whereClause, returningClause } = body;
    from({ RangeVar: relation }, scope);
    list(others).forEach((item) => from(item, scope));
    equations(whereClause, scope, scope.sources);
    subqueries([targetList, whereClause, returningClause], scope);
    rewritten(String((relation as Node).relname), targetList, scope);
    return returned(body, scope);
  }

  const returned = ({ returningClause }: Node, scope: Scope): Output =>
    outputOf((returningClause as Node | undefined)?.exprs, scope);

  /** A row that moves to another merchant counts like an inserted row of that merchant. */
  function rewritten(table: string, assignments: unknown, scope: Scope): void {
    for (const assignment of list(assignments)) {
      const { name, val } = as(assignment, 'ResTarget') ?? {};
      if (name === MERCHANT) useOf(table, table, valueOf(val, scope), true);
    }
  }

  function equations(condition: unknown, scope: Scope, restricted: readonly Source[]): void {
    const and = as(condition, 'BoolExpr');
    if (and?.boolop === 'AND_EXPR') list(and.args).forEach((each) => equations(each, scope, restricted));
    const { kind, name, lexpr, rexpr } = as(condition, 'A_Expr') ?? {};
    if (kind === 'AEXPR_OP_ANY' && as(uncast(rexpr), 'ParamRef')) {
      const found = resolve(lexpr, scope);
      if (found && restricted.includes(found.source)) found.value.equals.push(value('given'));
    }
    if (kind !== 'AEXPR_OP' || partsOf(name).join() !== '=') return;
    const [left, right] = [lexpr, rexpr].map((side) => list(as(side, 'RowExpr')?.args ?? [side]));
    left?.forEach((each, n) => {
      equal(each, right?.[n], scope, restricted);
      equal(right?.[n], each, scope, restricted);
    });
  }

  function equal(column: unknown, other: unknown, scope: Scope, restricted: readonly Source[]): void {
    const found = resolve(column, scope);
    if (found && restricted.includes(found.source)) found.value.equals.push(valueOf(other, scope));
  }

  function subqueries(expression: unknown, scope: Scope): void {
    for (const [kind, node] of nodesOf(expression, (below) => below === 'SubLink')) {
      if (kind !== 'SubLink') continue;
      subqueries(node.testexpr, scope);
      query(node.subselect, scope);
    }
  }

  query(statement, undefined);
  return uses;
}
