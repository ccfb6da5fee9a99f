import type { Choices } from '../../requests/choices.ts';
import { createTally, type FieldFormat, type FieldInput, type Tally } from '../format.ts';
import { createPageMutator } from './mutate-pages.ts';
import { checkShop } from './check-shop.ts';
import { runImport } from './run-import.ts';

const CUSTOMERS = 500;
const AT_ONCE = 4;

/** Pages of customers from GraphQL and REST; each shop is read by a separate import. */
export const shopifyPages: FieldFormat = {
  name: 'customers in pages of Shopify',
  async run(field) {
    const tally = createTally();
    let [left, ended] = [field.count, 0];
    const loop = async () => {
      while (left > 0) {
        field.signal.throwIfAborted();
        const customers = Math.min(left, CUSTOMERS);
        left -= customers;
        await readOne(field, field.choices, customers, tally);
        ended += customers;
        field.progress(ended);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, loop));
    return tally.verdict();
  },
};

/** Imports a mutated shop, and at the same time an intact one, which must complete as if it were alone. */
async function readOne(
  { stack }: FieldInput,
  choices: Choices,
  customers: number,
  tally: Tally,
): Promise<void> {
  const [mutated, intact] = [await stack.newShop(customers), await stack.newShop(20)];
  const { mutatePage, lastReplies } = createPageMutator(choices.below(2 ** 31));
  mutated.far.bend = mutatePage;
  const source = choices.one(['graphql', 'rest'] as const);
  const [run, intactRun] = await Promise.all([
    runImport(stack, mutated, source),
    runImport(stack, intact, 'graphql'),
  ]);
  if (intactRun.status !== 'completed') {
    tally.violated('imports of an intact shop did not complete', `${intactRun.status}: ${intactRun.error}`);
  }
  await checkShop(stack, mutated, { run, lastReplies }, tally);
}
