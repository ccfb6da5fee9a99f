import { createHash } from 'node:crypto';
import { createChoices } from '../../requests/choices.ts';
import { customersOfPage } from './customers-of-page.ts';
import { toText, type Json, type JsonObject } from '../mutate/json.ts';
import { mutateFields } from '../mutate/mutate-fields.ts';
import { corruptBody } from '../mutate/corrupt-body.ts';

/** The last reply about a customer, by id or by the REST number. */
export type LastReply = 'intact' | 'mutated';

/** One in this many pages is corrupted. */
const CORRUPT_EVERY = 60;

/**
 * Mutates half of the customers in pages of GraphQL and REST. A customer that is requested by id is never
 * mutated, so every customer is read correctly once. The choices depend on the customers of a page and the
 * number of its reads, because the order of pages is random.
 */
export function createPageMutator(seed: number) {
  const lastReplies = new Map<string, LastReply>();
  const reads = new Map<string, number>();
  const choicesFor = (list: readonly JsonObject[]) => {
    const page = list.map(({ id }) => String(id)).join();
    const nth = (reads.get(page) ?? 0) + 1;
    reads.set(page, nth);
    return createChoices(createHash('sha256').update(`${seed} ${nth} ${page}`).digest().readUInt32BE(0));
  };
  const mutatePage = (body: unknown): unknown => {
    const list = customersOfPage(body);
    if (!list || list.length === 0) return body;
    const choices = choicesFor(list);
    if (choices.oneIn(CORRUPT_EVERY))
      return corruptBody(choices, JSON.stringify(body)).bytes ?? Buffer.alloc(0);
    const mutated = list.map((customer): Json => {
      const mutate = choices.oneIn(2);
      lastReplies.set(String(customer['id']), mutate ? 'mutated' : 'intact');
      if (!mutate) return customer;
      return choices.oneIn(40) ? choices.one<Json>([null, 7, 'x', []]) : mutateFields(choices, customer);
    });
    // Replaced in the text, because a JavaScript value cannot hold numbers beyond a double.
    return Buffer.from(JSON.stringify(body).replace(JSON.stringify(list), () => toText(mutated)));
  };
  return { mutatePage, lastReplies };
}
