import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from '@core/db';
import type { Life, Step, StepGroup, StepOf } from './steps.ts';
import type { ProblemKind } from './problems.ts';
import type { InstallationStack } from './stack.ts';
import type { Subject } from './subject.ts';

/** A defect of the service, made in its database or by the suite itself, which the checks must report. */
export interface Mutant {
  name: string;
  reports: ProblemKind;
  life: Life;
  latencyMs?: [least: number, most: number];
  /** A trigger that acts on the shops of this mutant. */
  trigger?: { table: string; on: string; each: string; of: 'merchant' | 'shop' };
  /** Happens before the last group of the life. */
  act?: (stack: InstallationStack, subject: Subject) => Promise<unknown>;
}

const install = (of: number): Step => ({ kind: 'install', of, way: 'link' });
const imports = (of: number, until: 'completed' | 'interrupted' = 'completed'): StepOf<'import'> => ({
  kind: 'import',
  of,
  source: 'graphql',
  until,
  isScheduled: false,
});
const uninstall = (of: number): Step => ({ kind: 'uninstall', of, afterMs: 0 });
const uninstalled = (of: number): Step => ({ kind: 'delivery', of, topic: 'app/uninstalled' });
const redact = (of: number): Step => ({ kind: 'delivery', of, topic: 'shop/redact' });
const check: Step = { kind: 'check' };
/** @param steps a number lets hours pass */
function inTurn(...steps: (Step | number)[]): Life {
  let hours = 0;
  const life: StepGroup[] = [];
  for (const step of steps) {
    if (typeof step === 'number') hours += step;
    else life.push({ hours, steps: [step] });
  }
  return [...life, { hours, steps: [check] }];
}

const LEFT = inTurn(install(1), uninstall(1), uninstalled(1));

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the number of the installation is ignored: the redaction of an earlier one is carried out',
    reports: 'data lost',
    // A shop that is still connected would be asked.
    life: inTurn(
      install(1),
      uninstall(1),
      uninstalled(1),
      install(2),
      imports(2),
      20,
      uninstall(2),
      uninstalled(2),
      29,
      redact(1),
      25,
    ),
    trigger: {
      table: 'shop_directory',
      on: 'before insert or update',
      each: 'new.generation := 1; return new;',
      of: 'merchant',
    },
  },
  {
    name: 'a shop that accepts its token counts as one that has refused it',
    reports: 'shops lost',
    life: inTurn(install(1), uninstall(1), install(2), imports(2), 49, redact(1), 25),
    trigger: {
      table: 'shopify_connections',
      on: 'before insert or update',
      each: 'new.is_refused := true; new.answered_at := null; return new;',
      of: 'merchant',
    },
  },
  {
    name: 'a late app/uninstalled ends a newer installation',
    reports: 'shops lost',
    life: inTurn(install(1), uninstall(1), install(2), imports(2), uninstalled(1)),
    trigger: {
      table: 'shop_directory',
      on: 'before insert or update',
      each: 'new.proven_at := null; return new;',
      of: 'merchant',
    },
  },
  {
    name: 'customers of a connected shop disappear',
    reports: 'shops lost',
    life: inTurn(install(1), imports(1)),
    act: ({ owner }, { merchantId }) =>
      owner.query('update customers set deleted_at = now() where merchant_id = $1', [merchantId]),
  },
  {
    name: 'customers disappear after the uninstall, without a redaction',
    reports: 'data lost',
    life: inTurn(install(1), imports(1), uninstall(1), uninstalled(1)),
    act: ({ owner }, { merchantId }) =>
      owner.query('update customers set deleted_at = now() where merchant_id = $1', [merchantId]),
  },
  {
    name: 'the connection stays after the uninstall',
    reports: 'tokens left',
    life: LEFT,
    trigger: { table: 'shopify_connections', on: 'before delete', each: 'return null;', of: 'merchant' },
  },
  {
    name: 'a copy of the stored token stays after the uninstall',
    reports: 'tokens left',
    life: LEFT,
    trigger: {
      table: 'shopify_connections',
      on: 'after insert or update',
      each: 'insert into public.copies values (new.refresh_token); return null;',
      of: 'merchant',
    },
  },
  {
    name: 'a token is stored in plain',
    reports: 'tokens left',
    life: LEFT,
    act: ({ owner }, { far }) => owner.query('insert into public.copies values ($1)', [far.accessToken]),
  },
  {
    name: 'a token is in a log line',
    reports: 'tokens left',
    life: LEFT,
    act: async ({ stack }, { far }) =>
      appendFileSync(join(stack.dir, 'mutant.log'), `{"msg":"the token is ${far.accessToken}"}\n`),
  },
  {
    name: 'a redaction is not carried out',
    reports: 'data left',
    life: inTurn(install(1), imports(1), uninstall(1), uninstalled(1), 49, redact(1), 25),
    trigger: {
      table: 'privacy_requests',
      on: 'before insert',
      each: 'new.completed_at := now(); return new;',
      of: 'merchant',
    },
  },
  {
    name: 'a redaction does not wait',
    reports: 'data lost',
    life: inTurn(install(1), imports(1), uninstall(1), uninstalled(1), 49, redact(1)),
    trigger: {
      table: 'privacy_requests',
      on: 'before update',
      each: 'new.not_before := new.received_at; return new;',
      of: 'merchant',
    },
  },
  {
    name: 'a schedule stays after the uninstall',
    reports: 'runs left',
    life: inTurn(install(1), { ...imports(1), isScheduled: true }, uninstall(1), uninstalled(1)),
    trigger: { table: 'import_schedules', on: 'before delete', each: 'return null;', of: 'merchant' },
  },
  {
    name: 'a run is not cancelled',
    reports: 'runs left',
    // Otherwise the shop may have refused the token before the uninstall is applied.
    latencyMs: [3_000, 3_000],
    life: inTurn(install(1), imports(1, 'interrupted'), uninstall(1), uninstalled(1)),
    trigger: {
      table: 'customer_import_logs',
      on: 'before update',
      each: `if new.status = 'cancelled' then return null; end if; return new;`,
      of: 'merchant',
    },
  },
  {
    name: 'an uninstall counts twice',
    reports: 'installations miscounted',
    life: LEFT,
    trigger: {
      table: 'app_installations',
      on: 'before insert',
      each: 'new.generation := new.generation + 1; return new;',
      of: 'shop',
    },
  },
  {
    name: 'a request is sent to the shop three seconds after the uninstall',
    reports: 'late requests',
    life: LEFT,
    act: async (stack, { far }) => {
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      await ask(stack, far.domain, { 'x-shopify-access-token': far.accessToken });
    },
  },
  {
    name: 'a request without a token is sent to the shop',
    reports: 'rules broken',
    life: inTurn(install(1)),
    act: (stack, { far }) => ask(stack, far.domain, {}),
  },
];

const ask = (
  { shopify }: InstallationStack,
  shop: string,
  headers: Record<string, string>,
): Promise<unknown> =>
  fetch(`${shopify.url.replace('{shop}', shop)}/admin/api/2026-10/graphql.json`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: '{ shop { id } }' }),
  }).then((reply) => reply.arrayBuffer());

/** Creates the triggers. They act on the shops that `mutate` names. */
export async function createTriggers(owner: Pool): Promise<void> {
  await owner.query(`
    create table faults.mutated (mutant int not null, merchant_id uuid not null, shop_id bigint not null);
    create table public.copies (token text);`);
  for (const [n, { trigger }] of MUTANTS.entries()) {
    if (!trigger) continue;
    const { table, on, each, of } = trigger;
    const row = on.includes('delete') ? 'old' : 'new';
    const key = of === 'merchant' ? 'merchant_id' : 'shop_id';
    await owner.query(`
      create function faults.mutant_${n}() returns trigger language plpgsql security definer as $$
      begin
        if exists (select from faults.mutated where mutant = ${n} and ${key} = ${row}.${key}) then ${each} end if;
        return ${row};
      end $$;
      create trigger trg_faults_mutant_${n} ${on} on ${table} for each row execute function faults.mutant_${n}()`);
  }
}

/** Lets a mutant act on a shop. */
export const mutate = (
  owner: Pool,
  mutant: Mutant,
  { merchantId, far }: Pick<Subject, 'merchantId' | 'far'>,
): Promise<unknown> =>
  owner.query('insert into faults.mutated values ($1, $2, $3)', [
    MUTANTS.indexOf(mutant),
    merchantId,
    far.shopId,
  ]);
