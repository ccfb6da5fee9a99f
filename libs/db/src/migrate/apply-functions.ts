import type { Client } from 'pg';
import { PermanentError } from '@core/runtime';
import { inOneTransaction, reporting, retryWhileBlocked, type Run } from './apply-migration.ts';
import type { Migrator } from './migrator.ts';
import type { DatabaseFunction } from './read-functions.ts';

/** A file changes the parameters or the result of a function, on which its callers rely. */
export class ChangedSignature extends PermanentError {
  override name = 'ChangedSignature';
  constructor(name: string, how: string) {
    super(
      `function ${name}: ${how}. The previous build calls the function as it was. Give the new function another name, ` +
        'and drop the old one in a migration once no build calls it',
    );
  }
}

/** SQLSTATE invalid_function_definition: CREATE OR REPLACE cannot change parameter names or the result. */
const CANNOT_REPLACE = '42P13';

/**
 * A digest of each function and its triggers as PostgreSQL stores them, so that a manual change is detected.
 * A new PostgreSQL release may print definitions differently: the files are then applied once more, which
 * changes nothing.
 */
const DEFINITIONS = `
  select p.proname::text as name,
         md5(string_agg(concat_ws(E'\\n', pg_get_functiondef(p.oid), pg_get_userbyid(p.proowner),
           (select string_agg(acl::text, ',' order by acl::text)
              from unnest(coalesce(p.proacl, acldefault('f', p.proowner))) as acl),
           (select string_agg(concat(pg_get_triggerdef(t.oid), t.tgenabled), ';' order by t.tgrelid, t.tgname)
              from pg_trigger t where t.tgfoid = p.oid and not t.tgisinternal)), ';' order by p.oid)) as definition
    from pg_proc p
   where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and p.proname = any($1)
   group by p.proname`;

/**
 * Applies the function files that have changed since they were applied, and those whose function differs from
 * what the file created. Each runs in its own transaction, with the locks and limits of migrations. A
 * function is replaced and never dropped: a session that calls it in that moment would fail.
 * @throws MigrationBlocked; ChangedSignature; Error with the function's name for anything else
 */
export async function applyFunctions(
  migrator: Migrator,
  functions: readonly DatabaseFunction[],
): Promise<void> {
  const { client } = migrator;
  const { rows } = await client.query<{ name: string; hash: string; definition: string }>(
    `select s.name, s.hash, s.definition from public.schema_functions s join (${DEFINITIONS}) d using (name, definition)`,
    [functions.map(({ name }) => name)],
  );
  const applied = new Map(rows.map(({ name, hash }) => [name, hash]));
  for (const each of functions.filter(({ name, hash }) => applied.get(name) !== hash)) {
    const what = `function ${each.name}`;
    await reporting(what, () =>
      retryWhileBlocked(migrator, what, () => inOneTransaction(migrator, (run) => replace(run, each))),
    );
  }
}

async function replace(run: Run, { name, text, hash }: DatabaseFunction): Promise<void> {
  const before = await overloads(run, name);
  for (const { signature, grantees } of before) {
    // CREATE OR REPLACE keeps the owner and the grants, which the file may no longer have.
    await run(`alter function ${signature} owner to current_user`);
    await run(`revoke all on function ${signature} from ${[...grantees, 'public'].join()}`);
    await run(`grant execute on function ${signature} to public`);
  }
  // The new owner of a function needs CREATE on the schema. It has that right for this transaction only.
  await run('grant create on schema public to core_definer');
  try {
    await run(text);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (before.length === 0 || code !== CANNOT_REPLACE) throw error;
    throw new ChangedSignature(name, message);
  }
  await run('revoke create on schema public from core_definer');
  const after = await overloads(run, name);
  if (before.length > 0 && after.length !== before.length) {
    throw new ChangedSignature(name, `its parameters were (${before[0]?.parameters})`);
  }
  if (after.length > 1) {
    const all = after.map(({ signature }) => signature).join(', ');
    throw new Error(`several functions have this name; drop those that no build calls: ${all}`);
  }
  for (const { trigger } of await leftoverTriggers(run, name)) await run(`drop trigger ${trigger}`);
  await run(
    `insert into public.schema_functions (name, hash, definition)
     select $2, $3, definition from (${DEFINITIONS}) as made
     on conflict (name) do update set hash = excluded.hash, definition = excluded.definition, applied_at = now()`,
    [[name], name, hash],
  );
}

interface Overload {
  signature: string;
  parameters: string;
  grantees: string[];
}

const overloads = async (run: Run, name: string): Promise<Overload[]> =>
  (
    await run(
      `select p.oid::regprocedure::text as signature, pg_get_function_identity_arguments(p.oid) as parameters,
              array(select distinct quote_ident(r.rolname) from aclexplode(p.proacl) a join pg_roles r on r.oid = a.grantee
                     where a.grantee <> p.proowner) as grantees
         from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname = $1`,
      [name],
    )
  ).rows as Overload[];

/** Triggers that execute the function and were not created by its file in this transaction. */
const leftoverTriggers = async (run: Run, name: string): Promise<{ trigger: string }[]> =>
  (
    await run(
      `select format('%I on %s', t.tgname, t.tgrelid::regclass) as trigger
         from pg_trigger t join pg_proc p on p.oid = t.tgfoid
        where p.pronamespace = 'public'::regnamespace and p.proname = $1 and not t.tgisinternal
          and t.xmin <> pg_current_xact_id()::xid`,
      [name],
    )
  ).rows as { trigger: string }[];

/**
 * Deletes the records of functions that a migration has dropped.
 * @returns the names of recorded functions without a file: a later build created them, or a migration should
 *   drop them
 */
export async function functionsWithoutFile(
  client: Client,
  functions: readonly DatabaseFunction[],
): Promise<string[]> {
  const names = functions.map(({ name }) => name);
  await client.query(
    `delete from public.schema_functions s where name <> all($1) and not exists
       (select from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname = s.name)`,
    [names],
  );
  const { rows } = await client.query<{ name: string }>(
    'select name from public.schema_functions where name <> all($1) order by 1',
    [names],
  );
  return rows.map(({ name }) => name);
}
