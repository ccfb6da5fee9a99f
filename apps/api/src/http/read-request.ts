import type { IncomingMessage } from 'node:http';
import type { Message } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import type { Method } from '../method.ts';
import type { ByteBudget } from '../request/byte-budget.ts';
import { decodeRequest } from '../request/decode.ts';
import { decompress } from '../request/decompress.ts';
import { cutShort, noRoom, notOneMessage, tooLarge, tooManyParts } from '../request/refusals.ts';
import { readBody, type Unread } from './read-body.ts';

/** How a request is written. */
export interface Format {
  readonly json: boolean;
  /** In a frame of five bytes, as streams and gRPC-Web have it; else the body is the message. */
  readonly framed: boolean;
  readonly encoding: string;
}

const FRAME = 5;
const COMPRESSED = 1;

const header = (req: IncomingMessage, name: string): string => {
  const value = req.headers[name];
  return typeof value === 'string' ? value : '';
};

/** What its headers say. That they fit together is found out by the router. */
export function formatOf(req: IncomingMessage): Format {
  const type = header(req, 'content-type').toLowerCase();
  const stream = type.startsWith('application/connect');
  const framed = stream || type.startsWith('application/grpc-web');
  const encoding = stream ? 'connect-content-encoding' : framed ? 'grpc-encoding' : 'content-encoding';
  return { json: type.includes('json'), framed, encoding: header(req, encoding).toLowerCase() };
}

/**
 * The one message of a request. Here and not in the router: that one knows no budget of all requests, decodes however
 * many values there are, and quotes them in its errors.
 * @throws ConnectError
 */
export async function readRequest(
  { desc, largestRequest }: Method,
  { json, framed, encoding }: Format,
  req: IncomingMessage,
  budget: ByteBudget,
): Promise<Message> {
  const body = await readBody(req, largestRequest + (framed ? FRAME : 0), budget);
  if (typeof body === 'string') throw REFUSALS[body](largestRequest);
  try {
    const { compressed, bytes } = framed ? unframe(body.bytes) : { compressed: true, bytes: body.bytes };
    const whole = compressed ? await decompress(encoding, bytes, largestRequest, budget) : bytes;
    return decodeRequest(desc.input, json, whole);
  } finally {
    body.release();
  }
}

const REFUSALS: Record<Unread, (most: number) => ConnectError> = {
  too_large: tooLarge,
  too_many: tooManyParts,
  no_room: noRoom,
  cut_short: cutShort,
};

function unframe(body: Buffer): { compressed: boolean; bytes: Buffer } {
  const flags = body[0] ?? 0;
  if (body.length < FRAME || flags > COMPRESSED || body.readUInt32BE(1) !== body.length - FRAME) {
    throw notOneMessage();
  }
  return { compressed: flags === COMPRESSED, bytes: body.subarray(FRAME) };
}

/** A message without fields in the same form, for the router, which wants to have read one. */
export async function* emptyRequest({ json, framed }: Format): AsyncIterable<Uint8Array> {
  const message = Buffer.from(json ? '{}' : '');
  if (!framed) return yield message;
  const frame = Buffer.alloc(FRAME);
  frame.writeUInt32BE(message.length, 1);
  yield Buffer.concat([frame, message]);
}
