import { createHash } from 'node:crypto';
import { createChoices } from '../../requests/choices.ts';
import { listIn } from './list-in.ts';
import { toText, type Json, type JsonObject } from '../mutate/json.ts';
import { mutateFields } from '../mutate/mutate-fields.ts';
import { spoil } from '../mutate/spoil.ts';

/** The last answer about a customer, by id or by the number that REST has. */
export type Said = 'sound' | 'mutated';

/** One page among this many is no page at all. */
const SPOILT_EVERY = 60;

/**
 * Bends the customers of pages, by GraphQL and by REST: half of them are mutated. A customer that is asked for by id is
 * sound: therefore every customer is read once as the shop has it. The customers of a page and the number of its reads
 * decide what becomes of it, because the order of pages is chance.
 */
export function createBend(seed: number) {
  const said = new Map<string, Said>();
  const reads = new Map<string, number>();
  const choicesFor = (list: readonly JsonObject[]) => {
    const page = list.map(({ id }) => String(id)).join();
    const nth = (reads.get(page) ?? 0) + 1;
    reads.set(page, nth);
    return createChoices(createHash('sha256').update(`${seed} ${nth} ${page}`).digest().readUInt32BE(0));
  };
  const bend = (body: unknown): unknown => {
    const list = listIn(body);
    if (!list || list.length === 0) return body;
    const choices = choicesFor(list);
    if (choices.seldom(SPOILT_EVERY)) return spoil(choices, JSON.stringify(body)).bytes ?? Buffer.alloc(0);
    const bent = list.map((customer): Json => {
      const mutate = choices.seldom(2);
      said.set(String(customer['id']), mutate ? 'mutated' : 'sound');
      if (!mutate) return customer;
      return choices.seldom(40) ? choices.one<Json>([null, 7, 'x', []]) : mutateFields(choices, customer);
    });
    // In its place in the text, because no value has the numbers that no double holds.
    return Buffer.from(JSON.stringify(body).replace(JSON.stringify(list), () => toText(bent)));
  };
  return { bend, said };
}
