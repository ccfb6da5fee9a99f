import { PAGE_BYTES, PAGE_LINES, readLines } from './read-lines.ts';
import { parseLines } from './parse-lines.ts';

async function* body(text: string, chunk: number, breaks = false) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  if (breaks) throw new Error('terminated');
}

/** Reads a file that is sent whole, from its beginning. */
const read = (chunks: AsyncIterable<Uint8Array>, skip: number) =>
  readLines({ chunks, skip, bounded: false, last: true });
const readRange = (text: string, last: boolean) =>
  readLines({ chunks: body(text, 7), skip: 0, bounded: true, last });

describe('readLines', () => {
  it.each([1, 2, 3, 7, 100])('returns whole lines and their length, in chunks of %p', async (chunk) => {
    expect(await read(body('{"a":"ü"}\n{"b":2}\n', chunk), 0)).toEqual({
      lines: ['{"a":"ü"}', '{"b":2}'],
      bytes: 19,
      end: true,
    });
  });

  it('accepts a last line without a newline', async () => {
    expect(await read(body('a\nb', 2), 0)).toEqual({ lines: ['a', 'b'], bytes: 3, end: true });
  });

  it('returns no lines for an empty file', async () => {
    expect(await read(body('', 1), 0)).toEqual({ lines: [], bytes: 0, end: true });
  });

  it.each([1, 3, 4, 100])('skips bytes that were read before, in chunks of %p', async (chunk) => {
    expect(await read(body('aaa\nbb\nc\n', chunk), 4)).toEqual({
      lines: ['bb', 'c'],
      bytes: 5,
      end: true,
    });
  });

  it('ends a page after the maximum number of lines, not within a line', async () => {
    const page = await read(body('abc\n'.repeat(PAGE_LINES + 5), 1_000), 0);
    expect(page).toMatchObject({ bytes: PAGE_LINES * 4, end: false });
    expect(page.lines).toHaveLength(PAGE_LINES);
  });

  it('ends a page after the maximum number of bytes', async () => {
    const line = `${'x'.repeat(9_999)}\n`;
    const page = await read(body(line.repeat(300), 65_536), 0);
    expect(page.end).toBe(false);
    expect(page.bytes).toBe(page.lines.length * 10_000);
    expect(page.bytes).toBeGreaterThan(PAGE_BYTES - 10_000);
    expect(page.bytes).toBeLessThan(PAGE_BYTES + 65_536);
  });

  it('returns the whole lines of an interrupted body', async () => {
    const page = await read(body('a\nb\ncut', 4, true), 0);
    expect(page).toEqual({ lines: ['a', 'b'], bytes: 4, end: false });
    await expect(read(body('cut', 4, true), 0)).rejects.toThrow('terminated');
  });

  it('leaves a line that the range cuts for the next page', async () => {
    expect(await readRange('a\nb\ncut', false)).toEqual({ lines: ['a', 'b'], bytes: 4, end: false });
    expect(await readRange('a\nb\n', false)).toEqual({ lines: ['a', 'b'], bytes: 4, end: false });
    expect(await readRange('cut', false)).toEqual({ lines: [], bytes: 0, end: false });
    expect(await readRange('a\nrest', true)).toEqual({ lines: ['a', 'rest'], bytes: 6, end: true });
  });

  it('reads a range to its end, and returns at most the lines of a page', async () => {
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

  it('rejects a file without lines', async () => {
    await expect(read(body('x'.repeat(17 * PAGE_BYTES), PAGE_BYTES), 0)).rejects.toThrow('no lines');
  });
});

describe('parseLines', () => {
  it('accepts a truncated last line, but only in a broken file', () => {
    expect(parseLines(['{"id":"1"}', '', '{"id'], true)).toEqual([{ id: '1' }]);
    expect(() => parseLines(['{"id":"1"}', '{"id'], false)).toThrow('not JSON');
    expect(() => parseLines(['{"id', '{"id":"1"}'], true)).toThrow('not JSON');
  });
});
