import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePlPgSQLSync, parseSync } from 'libpg-query';
import { workspaceRoot } from '@core/testing';
import { all, as, list } from './parse-tree.ts';

/** A function of libs/db/functions. */
export interface FunctionBody {
  readonly name: string;
  /** The kind in its header `-- crosses: <kind>`. */
  readonly crosses: string | undefined;
  /** Whether it returns only rows of its first argument, a merchant. */
  readonly ofOne: boolean;
  readonly statements: readonly string[];
}

const FOLDER = join(workspaceRoot(), 'libs/db/functions');

export const functionBodies = (): FunctionBody[] =>
  readdirSync(FOLDER).map((file) =>
    bodyOf(file.replace(/\.sql$/, ''), readFileSync(join(FOLDER, file), 'utf8')),
  );

export function bodyOf(name: string, file: string): FunctionBody {
  const [created] = all(parseSync(file), 'CreateFunctionStmt');
  const options = new Map(
    list(created?.options).flatMap((option): [unknown, unknown][] => {
      const { defname, arg } = as(option, 'DefElem') ?? {};
      return [[defname, arg]];
    }),
  );
  const language = as(options.get('language'), 'String')?.sval;
  const [body] = list(as(options.get('as'), 'List')?.items).map((each) => as(each, 'String')?.sval);
  return {
    name,
    ofOne: as(list(created?.parameters)[0], 'FunctionParameter')?.name === 'merchant',
    crosses: /^-- crosses: (\w+)$/m.exec(file)?.[1],
    statements: language === 'sql' ? [String(body)] : queriesOf(file),
  };
}

/** Returns the queries of a body in PL/pgSQL. Expressions and assignments become SELECT statements. */
const queriesOf = (file: string): string[] =>
  all(parsePlPgSQLSync(file), 'PLpgSQL_expr').map(({ query, parseMode }) =>
    parseMode === QUERY ? String(query) : `select ${String(query).replace(/^.*:=/, '')}`,
  );

const QUERY = 0;
