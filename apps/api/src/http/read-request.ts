import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Message } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import type { Method } from '../method.ts';
import type { ByteBudget } from '../request/byte-budget.ts';
import { decodeRequest } from '../request/decode.ts';
import { decompress, decompressFlagged } from '../request/decompress.ts';
import { mediaType } from '../request/media-type.ts';
import { cutShort, noRoom, notOneMessage, tooLarge, tooManyParts } from '../request/refusals.ts';
import { readBody, type ReadFailure } from './read-body.ts';

/** The encoding of a request. */
export interface Format {
  readonly json: boolean;
  /**
   * True for a message in a frame with a five-byte prefix (streams, gRPC-Web); otherwise the body is the
   * message.
   */
  readonly framed: boolean;
  readonly encoding: string;
}

const PREFIX_BYTES = 5;
const COMPRESSED = 1;

const header = (req: IncomingMessage, name: string): string => {
  const value = req.headers[name];
  return typeof value === 'string' ? value : '';
};

/** Returns the encoding that the headers declare. The router checks that they are consistent. */
export function formatOf(req: IncomingMessage): Format {
  const type = mediaType(req.headers['content-type']);
  const stream = type.startsWith('application/connect');
  const framed = stream || type.startsWith('application/grpc-web');
  const encoding = stream ? 'connect-content-encoding' : framed ? 'grpc-encoding' : 'content-encoding';
  return { json: type.includes('json'), framed, encoding: header(req, encoding).toLowerCase() };
}

/**
 * Reads the single message of a request. The router does not do this safely: it has no byte budget shared by
 * all requests, decodes any number of values, and quotes them in its errors.
 * @throws ConnectError
 */
export async function readRequest(
  method: Method,
  format: Format,
  req: IncomingMessage,
  res: ServerResponse,
  budget: ByteBudget,
): Promise<Message> {
  const { desc, largestRequest } = method;
  const { json, framed, encoding } = format;
  const body = await readBody(req, res, largestRequest + (framed ? PREFIX_BYTES : 0), budget);
  if (typeof body === 'string') throw REFUSALS[body](largestRequest);
  try {
    if (!framed) return await readMessage(method, format, body.bytes, budget);
    const { compressed, bytes } = unframe(body.bytes);
    const whole = compressed ? await decompressFlagged(encoding, bytes, largestRequest, budget) : bytes;
    return decodeRequest(desc.input, json, whole);
  } finally {
    body.release();
  }
}

/**
 * Reads a message without a frame.
 * @throws ConnectError
 */
export async function readMessage(
  { desc, largestRequest }: Method,
  { json, encoding }: Format,
  bytes: Uint8Array,
  budget: ByteBudget,
): Promise<Message> {
  if (bytes.length > largestRequest) throw tooLarge(largestRequest);
  return decodeRequest(desc.input, json, await decompress(encoding, bytes, largestRequest, budget));
}

const REFUSALS: Record<ReadFailure, (most: number) => ConnectError> = {
  too_large: tooLarge,
  too_many: tooManyParts,
  no_room: noRoom,
  cut_short: cutShort,
};

function unframe(body: Buffer): { compressed: boolean; bytes: Buffer } {
  const flags = body[0] ?? 0;
  if (
    body.length < PREFIX_BYTES ||
    flags > COMPRESSED ||
    body.readUInt32BE(1) !== body.length - PREFIX_BYTES
  ) {
    throw notOneMessage();
  }
  return { compressed: flags === COMPRESSED, bytes: body.subarray(PREFIX_BYTES) };
}

const emptyMessage = ({ json }: Format): string => (json ? '{}' : '');

/** Yields an empty message in the same encoding, because the router must read one. */
export async function* emptyRequest(format: Format): AsyncIterable<Uint8Array> {
  const { framed } = format;
  const message = Buffer.from(emptyMessage(format));
  if (!framed) return yield message;
  const frame = Buffer.alloc(PREFIX_BYTES);
  frame.writeUInt32BE(message.length, 1);
  yield Buffer.concat([frame, message]);
}

/** Returns the query of a GET with an empty message, for the same reason. */
export const emptyQuery = (format: Format): string =>
  `?encoding=${format.json ? 'json' : 'proto'}&message=${encodeURIComponent(emptyMessage(format))}`;
