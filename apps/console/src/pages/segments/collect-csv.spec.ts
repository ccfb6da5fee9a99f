import { collectCsv, fileNameOf } from './collect-csv.ts';

const line = (n: number, segment = 'NEW') => `00000000-0000-4000-8000-00000000000${n},,${segment}\r\n`;

async function* partsOf(...texts: string[]) {
  for (const csv of texts) yield await Promise.resolve({ csv });
}

it('collects the parts in their order, and counts customers instead of lines', async () => {
  const counts: number[] = [];
  const parts = ['customer_id,external_id,segment\r\n', line(1) + line(2, '"two\r\nlines"'), line(3)];
  const file = await collectCsv(partsOf(...parts), (count) => counts.push(count));
  expect(await file.text()).toBe(parts.join(''));
  expect(file.type).toBe('text/csv;charset=utf-8');
  expect(counts).toEqual([0, 2, 3]);
});

it('has no file of a stream that fails', async () => {
  async function* broken() {
    yield* partsOf(line(1));
    throw new Error('the stream ended early');
  }
  await expect(collectCsv(broken(), () => undefined)).rejects.toThrow('ended early');
});

it.each([
  ['AT_RISK', 'segment-AT_RISK.csv'],
  ['Größte Fans', 'segment-Größte-Fans.csv'],
  ['../../x<script>', 'segment-x-script.csv'],
  ['', 'segment-all.csv'],
  ['***', 'segment-all.csv'],
])('names the file of %j', (segment, name) => expect(fileNameOf(segment)).toBe(name));
