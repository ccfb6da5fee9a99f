import type { Choices } from '../requests/choices.ts';

/** Bytes that are no JSON object, made of a body that is one. */
export function breakBody(body: string, choices: Choices): { value: Buffer | null; note: string } {
  const [note, value] = choices.one<[string, Buffer | null]>([
    ['no body', null],
    ['an empty body', Buffer.alloc(0)],
    ['half of the body', Buffer.from(body.slice(0, choices.below(body.length - 1)))],
    ['not UTF-8', Buffer.concat([Buffer.from('{"x":"'), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}')])],
    ['UTF-16', Buffer.from(body, 'utf16le')],
    ['a list', Buffer.from(`[${body}]`)],
    ['a text', Buffer.from(JSON.stringify(body))],
    ['NaN', Buffer.from(body.replace('{', '{"x":NaN,'))],
    ['a leading zero', Buffer.from(body.replace('{', '{"x":007,'))],
    ['a comment', Buffer.from(`// v1\n${body}`)],
    ['two bodies', Buffer.from(body + body)],
    ['a deep body', Buffer.from(body.replace('{', `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},`))],
    ['a serialiser’s first bytes', Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.from(body)])],
  ]);
  return { value, note };
}

/** A few bytes are others: nobody can tell what it still says. */
export function flipBytes(body: string, choices: Choices): Buffer {
  const bytes = Buffer.from(body);
  for (let n = 1 + choices.below(4); n > 0; n--) bytes[choices.below(bytes.length)] = choices.below(256);
  return bytes;
}
