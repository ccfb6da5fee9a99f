import { PAGE_BYTES, PAGE_LINES, readLines } from './read-lines.ts';
import { parseLines } from './parse-lines.ts';

async function* body(text: string, chunk: number, breaks = false) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  if (breaks) throw new Error('terminated');
}

/** Reads a file that comes whole, from its beginning. */
const read = (chunks: AsyncIterable<Uint8Array>, skip: number) =>
  readLines({ chunks, skip, bounded: false, last: true });
const readRange = (text: string, last: boolean) =>
  readLines({ chunks: body(text, 7), skip: 0, bounded: true, last });

describe('readLines', () => {
  it.each([1, 2, 3, 7, 100])('gives whole lines and where they end, in chunks of %p', async (chunk) => {
    expect(await read(body('{"a":"ü"}\n{"b":2}\n', chunk), 0)).toEqual({
      lines: ['{"a":"ü"}', '{"b":2}'],
      bytes: 19,
      end: true,
    });
  });

  it('takes a last line without its end', async () => {
    expect(await read(body('a\nb', 2), 0)).toEqual({ lines: ['a', 'b'], bytes: 3, end: true });
  });

  it('reads nothing of nothing', async () => {
    expect(await read(body('', 1), 0)).toEqual({ lines: [], bytes: 0, end: true });
  });

  it.each([1, 3, 4, 100])('skips what is known, in chunks of %p', async (chunk) => {
    expect(await read(body('aaa\nbb\nc\n', chunk), 4)).toEqual({
      lines: ['bb', 'c'],
      bytes: 5,
      end: true,
    });
  });

  it('ends a page after so many lines, and not in the middle of one', async () => {
    const page = await read(body('abc\n'.repeat(PAGE_LINES + 5), 1_000), 0);
    expect(page).toMatchObject({ bytes: PAGE_LINES * 4, end: false });
    expect(page.lines).toHaveLength(PAGE_LINES);
  });

  it('ends a page after so many bytes', async () => {
    const line = `${'x'.repeat(9_999)}\n`;
    const page = await read(body(line.repeat(300), 65_536), 0);
    expect(page.end).toBe(false);
    expect(page.bytes).toBe(page.lines.length * 10_000);
    expect(page.bytes).toBeGreaterThan(PAGE_BYTES - 10_000);
    expect(page.bytes).toBeLessThan(PAGE_BYTES + 65_536);
  });

  it('keeps what came whole of a body that broke off', async () => {
    const page = await read(body('a\nb\ncut', 4, true), 0);
    expect(page).toEqual({ lines: ['a', 'b'], bytes: 4, end: false });
    await expect(read(body('cut', 4, true), 0)).rejects.toThrow('terminated');
  });

  it('leaves what a range cuts for the next one', async () => {
    expect(await readRange('a\nb\ncut', false)).toEqual({ lines: ['a', 'b'], bytes: 4, end: false });
    expect(await readRange('a\nb\n', false)).toEqual({ lines: ['a', 'b'], bytes: 4, end: false });
    expect(await readRange('cut', false)).toEqual({ lines: [], bytes: 0, end: false });
    expect(await readRange('a\nrest', true)).toEqual({ lines: ['a', 'rest'], bytes: 6, end: true });
  });

  it('reads a range to its end, and gives no more lines than a page has', async () => {
    let taken = 0;
    const counted = async function* () {
      for await (const chunk of body('abc\n'.repeat(PAGE_LINES + 900), 1_000)) {
        taken += chunk.length;
        yield chunk;
      }
    };
    const page = await readLines({ chunks: counted(), skip: 0, bounded: true, last: true });
    expect(page).toMatchObject({ bytes: PAGE_LINES * 4, end: false });
    expect(taken).toBe((PAGE_LINES + 900) * 4);
  });

  it('gives up on a file without lines', async () => {
    await expect(read(body('x'.repeat(17 * PAGE_BYTES), PAGE_BYTES), 0)).rejects.toThrow('no lines');
  });
});

describe('parseLines', () => {
  it('takes a cut last line of a broken file alone', () => {
    expect(parseLines(['{"id":"1"}', '', '{"id'], true)).toEqual([{ id: '1' }]);
    expect(() => parseLines(['{"id":"1"}', '{"id'], false)).toThrow('no JSON');
    expect(() => parseLines(['{"id', '{"id":"1"}'], true)).toThrow('no JSON');
  });
});
