import { explainReason, type ImportRun } from '@core/domain';
import { runImport } from '../../field/pages/run-import.ts';
import { customersOfPage } from '../../field/pages/customers-of-page.ts';
import type { FieldStack } from '../../field/stack.ts';
import type { EntryPoint } from '../case.ts';
import { readCustomers, describeCustomer } from '../stored-customers.ts';
import { makeWorld, type World } from '../world.ts';

export interface Pages {
  /** One text per customer: the fields that replace the shop's own fields. */
  customers: readonly string[];
  /** The customers that an earlier import reads. */
  before?: readonly string[];
  source?: 'graphql' | 'rest';
  /** A field of the metadata that the outcome shows next to the email. */
  shownField?: string;
}

/** Imports a shop with these customers. Their default emails are p0@example.com, p1@example.com and so on. */
export const imports: EntryPoint<Pages> = {
  name: 'import',
  show: ({ customers, before, source = 'graphql' }) =>
    [...(before ? [`${source}, first ${before.join(', ')}`, 'then'] : [source]), ...customers].join(' '),
  send: (stack, inputs) =>
    Promise.all(
      inputs.map(async ({ customers, before, source = 'graphql', shownField }) => {
        const world = await makeWorld(stack);
        world.far.customers = customers.length;
        if (before) await importPages(stack, world, source, before);
        const run = await importPages(stack, world, source, customers);
        return `${run.status}: ${await describeImport(stack, world, run, shownField)}`;
      }),
    ),
};

function importPages(
  stack: FieldStack,
  world: World,
  source: 'graphql' | 'rest',
  customers: readonly string[],
) {
  const numbers = [...world.far.all()].map(({ id }) => id.slice(id.lastIndexOf('/') + 1));
  world.far.bend = (body) => {
    const list = customersOfPage(body);
    if (!list) return body;
    const replaced = list.map((customer) => {
      const id = String(customer['id']);
      const n = numbers.indexOf(id.slice(id.lastIndexOf('/') + 1));
      return appendFields(appendFields(JSON.stringify(customer), FIELDS[source](n)), customers[n] ?? '{}');
    });
    // As text, because a JavaScript value cannot hold numbers beyond a double. If a name is repeated, the
    // last one counts.
    return Buffer.from(JSON.stringify(body).replace(JSON.stringify(list), () => `[${replaced.join()}]`));
  };
  return runImport(stack, world, source);
}

const FIELDS = {
  graphql: (n: number) => `{"defaultEmailAddress": {"emailAddress": "p${n}@example.com"}, "tags": []}`,
  rest: (n: number) => `{"email": "p${n}@example.com", "tags": ""}`,
};

const appendFields = (object: string, fields: string): string =>
  fields === '{}' ? object : `${object.slice(0, -1)}, ${fields.slice(1)}`;

async function describeImport(
  stack: FieldStack,
  world: World,
  run: ImportRun,
  shownField?: string,
): Promise<string> {
  const stored = new Map((await readCustomers(stack, world)).map((one) => [one.externalId, one]));
  const people = [...world.far.all()].map(({ id }) => {
    const customer = stored.get(id);
    return customer ? describeCustomer(customer, shownField) : 'not stored';
  });
  const reasons = Object.entries(run.rowErrors ?? {}).map(
    ([reason, count]) => `${count} ${reason} (${explainReason(reason).effect})`,
  );
  return [people.join(', '), `failed ${run.failed}`, ...reasons].join('; ');
}
