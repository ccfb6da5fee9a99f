import type { EnvSchema, Variable } from '@core/runtime';
import { workspaceRoot } from '@core/testing';
import { importExport } from './import-export.ts';

const root = workspaceRoot();

const homes = {
  api: 'apps/api',
  worker: 'apps/worker',
  importer: 'apps/importer',
  ops: 'apps/ops',
};
export type Deployable = keyof typeof homes;

/** One variable of the environment, for the table in docs/configuration.md and for .env.example. */
export interface EnvRow {
  name: string;
  /** The apps that read it. */
  apps: Deployable[];
  docs: string[];
  example: string;
  secret: boolean;
  /** The different defaults of its readers; undefined where the variable is required. */
  defaults: (string | undefined)[];
}

/** Returns the schema of each deployable's environment, from its config.ts. */
export async function envSchemas(): Promise<Record<Deployable, EnvSchema>> {
  const read = async ([app, home]: [string, string]) => {
    const schema = await importExport<unknown>(root, `${home}/src/config.ts`, `${app}Env`);
    if (!isSchema(schema)) throw new Error(`${home}/src/config.ts: ${app}Env is no schema of an environment`);
    return [app, schema];
  };
  return Object.fromEntries(await Promise.all(Object.entries(homes).map(read))) as Record<
    Deployable,
    EnvSchema
  >;
}

/** Returns the union of all schemas, in the order in which the apps name their variables. */
export function envRows(schemas: Record<Deployable, EnvSchema>): EnvRow[] {
  const rows = new Map<string, EnvRow>();
  for (const app of Object.keys(schemas) as Deployable[]) {
    for (const [name, variable] of Object.entries(schemas[app])) {
      const { doc, example, secret } = variable;
      const row = rows.get(name) ?? { name, apps: [], docs: [], example, secret, defaults: [] };
      row.apps.push(app);
      if (!row.docs.includes(doc)) row.docs.push(doc);
      const own = defaultOf(variable);
      if (!row.defaults.includes(own)) row.defaults.push(own);
      rows.set(name, row);
    }
  }
  return [...rows.values()];
}

/**
 * Returns the default in the form of the environment: empty for no value, undefined for a required variable.
 */
function defaultOf(variable: Variable<unknown>): string | undefined {
  try {
    const value = variable.parse(undefined);
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return '';
    // The value is a parsed address or list: its example is the default.
    return typeof value === 'object' ? variable.example : String(value);
  } catch {
    return undefined;
  }
}

const isSchema = (value: unknown): value is EnvSchema =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((each) => typeof (each as Variable<unknown>).parse === 'function');
