import type { Choices } from '../../requests/choices.ts';

export interface CorruptedBody {
  /** Null if there is no body. */
  bytes: Buffer | null;
  /** The damage that was done to the body, for the report. */
  note: string;
}

/** Turns a JSON object into bytes that are not a JSON object. */
export function corruptBody(choices: Choices, text: string): CorruptedBody {
  const [note, bytes] = choices.one<[string, () => Buffer | null]>([
    ['no body', () => null],
    ['an empty body', () => Buffer.alloc(0)],
    ['half of the body', () => Buffer.from(text.slice(0, choices.below(text.length - 1)))],
    ['an extra brace', () => Buffer.from(`${text}}`)],
    [
      'not UTF-8',
      () => Buffer.concat([Buffer.from('{"x":"'), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}')]),
    ],
    ['UTF-16', () => Buffer.from(text, 'utf16le')],
    ['a list', () => Buffer.from(`[${text}]`)],
    ['a text', () => Buffer.from(JSON.stringify(text))],
    ['null', () => Buffer.from('null')],
    ['NaN', () => Buffer.from(text.replace('{', '{"x":NaN,'))],
    ['a leading zero', () => Buffer.from(text.replace('{', '{"x":007,'))],
    ['a comment', () => Buffer.from(`// v1\n${text}`)],
    ['two bodies', () => Buffer.from(text + text)],
    ['a web page', () => Buffer.from('<html><body>503</body></html>')],
    ['a deep body', () => Buffer.from(`${'['.repeat(100_000)}${text}${']'.repeat(100_000)}`)],
    ['a serializer’s first bytes', () => Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.from(text)])],
  ]);
  return { bytes: bytes(), note };
}

/** Changes a few bytes: the remaining meaning is unknown. */
export function flipBytes(choices: Choices, body: Buffer): Buffer {
  const bytes = Buffer.from(body);
  for (let n = 1 + choices.below(4); n > 0; n--) bytes[choices.below(bytes.length)] = choices.below(256);
  return bytes;
}
