import type { Client } from 'pg';

/**
 * The statements that recreate a table's parts on a new table of the same name, in the order in which to run
 * them.
 */
export interface TableDescription {
  name: string;
  /**
   * Unique indexes without merchant_id. PostgreSQL refuses to partition a table by merchant_id if it has one.
   */
  keysWithoutMerchant: string[];
  /** Storage parameters, such as fillfactor. They are set on the partitions. */
  storage: string[];
  /** Keys, indexes, statistics, triggers, policies and privileges. */
  parts: string[];
  /** Foreign keys from and to this table. Create them last, when all tables exist. */
  foreignKeys: string[];
}

/** The tables with a merchant_id that are not partitioned yet. */
const TABLES = `
  select c.oid, c.relname::text as name, coalesce(c.reloptions, '{}') as storage,
         array(select i.indexrelid::regclass::text from pg_index i
                where i.indrelid = c.oid and i.indisunique and not a.attnum = any (i.indkey)) as "keysWithoutMerchant"
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'merchant_id' and not a.attisdropped
   where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and not c.relispartition
   order by c.relname`;

/** Each query returns statements for the table with the given oid. Parts that LIKE copies are omitted. */
const PARTS = [
  `select format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
     from pg_constraint where conrelid = $1 and contype in ('p', 'u', 'x') order by contype, conname`,
  `select pg_get_indexdef(indexrelid) from pg_index i
    where indrelid = $1 and not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'u', 'x'))
    order by indexrelid`,
  `select pg_get_statisticsobjdef(oid) from pg_statistic_ext where stxrelid = $1 order by oid`,
  `select format('alter table %s alter %I set statistics %s', attrelid::regclass, attname, attstattarget)
     from pg_attribute where attrelid = $1 and attnum > 0 and attstattarget is not null order by attnum`,
  `select pg_get_triggerdef(oid) from pg_trigger where tgrelid = $1 and not tgisinternal order by tgname`,
  `select format('create policy %I on %s as %s for %s to %s', polname, polrelid::regclass,
                 case when polpermissive then 'permissive' else 'restrictive' end,
                 case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
                 (select string_agg(case when role = 0 then 'public' else quote_ident(pg_get_userbyid(role)) end, ', ')
                    from unnest(polroles) role))
          || coalesce(' using (' || pg_get_expr(polqual, polrelid) || ')', '')
          || coalesce(' with check (' || pg_get_expr(polwithcheck, polrelid) || ')', '')
     from pg_policy where polrelid = $1 order by polname`,
  `select format('alter table %s enable row level security', oid::regclass) from pg_class where oid = $1 and relrowsecurity`,
  `select format('alter table %s force row level security', oid::regclass) from pg_class where oid = $1 and relforcerowsecurity`,
  `select format('grant %s on %s to %s%s', privilege_type, oid::regclass,
                 case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
                 case when is_grantable then ' with grant option' else '' end)
     from pg_class, aclexplode(relacl) where oid = $1 and grantee <> relowner`,
  `select format('grant %s (%I) on %s to %s%s', privilege_type, attname, attrelid::regclass,
                 case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
                 case when is_grantable then ' with grant option' else '' end)
     from pg_attribute, aclexplode(attacl) where attrelid = $1`,
];

const FOREIGN_KEYS = `
  select format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    from pg_constraint where $1 in (conrelid, confrelid) and contype = 'f' order by conname`;

export async function describeTables(client: Client): Promise<TableDescription[]> {
  const { rows: tables } = await client.query<
    Pick<TableDescription, 'name' | 'keysWithoutMerchant' | 'storage'> & { oid: number }
  >(TABLES);
  const texts = async (query: string, oid: number) => {
    const { rows } = await client.query<[string]>({ text: query, values: [oid], rowMode: 'array' });
    return rows.map(([text]) => text);
  };
  const described: TableDescription[] = [];
  for (const { oid, ...table } of tables) {
    const parts: string[] = [];
    for (const query of PARTS) parts.push(...(await texts(query, oid)));
    described.push({ ...table, parts, foreignKeys: await texts(FOREIGN_KEYS, oid) });
  }
  return described;
}
