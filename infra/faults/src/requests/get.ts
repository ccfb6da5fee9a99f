import { compressed, jsonBody, PATHS, protoBody } from './bodies.ts';
import type { Choices } from './choices.ts';

/** Longer messages are always answered 431. */
const LONGEST = 6_000;
const PARAMETERS = [
  'connect=v1',
  'connect=v2',
  'connect=%76%31',
  'encoding=json',
  'encoding=xml',
  'compression=gzip',
  'compression=x',
  'base64=1',
  'base64=0',
  'message=',
  'mess%61ge={}',
  'message',
  '=',
  '%',
  '%zz=%',
  'x=%00',
  'encoding=json;message={}',
  'a?b#c',
];

const escaped = (bytes: Buffer): string =>
  [...bytes].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('');

/** Generates a call by GET whose query has wrong, missing or repeated parameters. */
export function getRequest(choices: Choices, authorization: string): Buffer {
  const json = choices.oneIn(2);
  const plain = (json ? jsonBody(choices) : protoBody(choices)).subarray(0, LONGEST);
  const packed = choices.oneIn(4);
  const message = packed ? compressed(choices, plain) : plain;
  const base64 = choices.oneIn(2);
  const query = [
    `encoding=${json ? 'json' : 'proto'}`,
    `message=${base64 ? message.toString(choices.one(['base64url', 'base64url', 'base64'])) : escaped(message)}`,
    ...(base64 ? ['base64=1'] : []),
    ...(packed ? ['compression=gzip'] : []),
  ];
  if (choices.oneIn(4)) query.splice(choices.below(query.length), 1);
  for (let n = choices.below(3); n > 0; n--) query.push(choices.one(PARAMETERS));
  const lines = [`GET ${choices.one(PATHS)}?${query.join('&')} HTTP/1.1`, 'host: localhost'];
  if (choices.oneIn(2)) lines.push(`authorization: ${authorization}`);
  if (choices.oneIn(8))
    lines.push(choices.one(['content-length: 0', 'content-type: text/plain', 'range: bytes=0-']));
  return Buffer.from([...lines, '', ''].join('\r\n'), 'latin1');
}
