import { mkdtemp, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Population } from '../population.ts';
import { pickFields, restCustomer } from './view.ts';

const CHUNK = 1_000;
const HEAD = Buffer.from('{"customers":[');
const TAIL = Buffer.from(']}');

/**
 * Customers pre-rendered into a file as JSON objects separated by commas. Any page without gaps is then one
 * read of one range, so that a benchmark measures the client and not JSON.stringify. Half a million customers
 * are 250 MB, too much to hold in memory beside the measured process.
 */
export interface Rendered {
  /** Returns `{"customers":[...]}`, or undefined when these rows are not rendered in their current state. */
  page(
    population: Population,
    indexes: readonly number[],
    fields: string[] | undefined,
  ): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

export async function renderCustomers(
  population: Population,
  fields: string[] | undefined,
): Promise<Rendered> {
  const dir = await mkdtemp(join(tmpdir(), 'shopify-stand-in-'));
  const file = await open(join(dir, 'customers.json'), 'w+');
  const total = population.total();
  const revision = population.revision();
  const key = String(fields);
  // The start of each row; the preceding byte is a comma.
  const starts = new Float64Array(total + 1);
  let at = 0;
  for (let first = 0; first < total; first += CHUNK) {
    at = await writeRows({
      file,
      population,
      starts,
      fields,
      first,
      last: Math.min(total, first + CHUNK),
      at,
    });
  }
  starts[total] = at;
  return {
    async page(now, indexes, wanted) {
      const [first, last] = [indexes[0], indexes.at(-1)];
      if (first === undefined || last === undefined) return undefined;
      if (last - first + 1 !== indexes.length) return undefined;
      if (now !== population || now.revision() !== revision || String(wanted) !== key) return undefined;
      const begin = starts[first] ?? 0;
      const end = (starts[last + 1] ?? 0) - 1;
      const { buffer } = await file.read(Buffer.allocUnsafe(end - begin), 0, end - begin, begin);
      return Buffer.concat([HEAD, buffer, TAIL]);
    },
    async close() {
      await file.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

interface Rows {
  file: FileHandle;
  population: Population;
  starts: Float64Array;
  fields: string[] | undefined;
  first: number;
  last: number;
  at: number;
}

async function writeRows({ file, population, starts, fields, first, last, at }: Rows): Promise<number> {
  let offset = at;
  const rows: string[] = [];
  for (let index = first; index < last; index++) {
    starts[index] = offset;
    const customer = population.get(index);
    if (!customer) continue; // deleted: never requested
    const row = `${JSON.stringify(pickFields(restCustomer(customer, true), fields))},`;
    rows.push(row);
    offset += Buffer.byteLength(row);
  }
  await file.write(rows.join(''), at);
  return offset;
}
