import { connect, type Socket } from 'node:net';
import { create, toBinary } from '@bufbuild/protobuf';
import { CoreService, GetCustomerRFMRequestSchema } from '@core/contracts';
import { bearer, http2Frames } from '@core/testing';
import { FLOODING, REFUSED_WITHIN_MS } from './flooding.ts';
import type { LoadCaller } from './load.ts';

const { ACK, block, END_HEADERS, END_STREAM, FRAME, frame, onFrames, PREFACE, settings } = http2Frames;

export interface FloodOptions {
  /** host:port of the gRPC port. */
  target: string;
  caller: LoadCaller;
}

export interface FloodResult {
  /** Calls that were answered with a message. */
  answered: number;
  /** Calls that were answered with only trailers. */
  refused: number;
  /** Streams that were reset, and connections that were closed. */
  lost: number;
  /** The time from the first call to the last one. */
  seconds: number;
}

const TICK_MS = 5;
/** Maximum calls in flight on a connection: a server under load must not be sent more than it accepts. */
const MAX_IN_FLIGHT = 100;
const HIGHEST_WINDOW = Buffer.from([0x7f, 0, 0, 0]);

const [, , argument] = process.argv;
if (argument) console.log(JSON.stringify(await run(JSON.parse(argument) as FloodOptions)));

/**
 * Sends the same call at a steady rate until standard input ends, as frames that are built once. A real flood
 * comes from other machines; here its sender shares two cores with the service. A gRPC client needs as much
 * CPU for a refused call as the service does, which delayed the calls of others more than the service did.
 */
async function run({ target, caller }: FloodOptions): Promise<FloodResult> {
  const result = { answered: 0, refused: 0, lost: 0 };
  const message = callOf(caller);
  const senders = await Promise.all(
    Array.from({ length: caller.connections }, () => openSender(target, message, result)),
  );
  let ended = false;
  process.stdin.once('end', () => (ended = true)).resume();
  const begin = performance.now();
  let sent = 0;
  let reported = false;
  for (let passed = 0; !ended; passed = performance.now() - begin) {
    if (!reported && (result.refused > 0 || passed > REFUSED_WITHIN_MS)) {
      console.log(FLOODING);
      reported = true;
    }
    const due = Math.floor((passed / 1_000) * caller.perSecond) - sent;
    for (let n = 0; n < due; n++) senders[(sent + n) % senders.length]?.send();
    sent += Math.max(0, due);
    for (const sender of senders) sender.flush();
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  for (const { socket } of senders) socket.destroy();
  return { ...result, seconds: (performance.now() - begin) / 1_000 };
}

interface Call {
  headers: Buffer;
  data: Buffer;
}

function callOf({ token, merchantId, customerId }: LoadCaller): Call {
  const { getCustomerRFM } = CoreService.method;
  const body = toBinary(
    GetCustomerRFMRequestSchema,
    create(GetCustomerRFMRequestSchema, { merchantId, customerId }),
  );
  const data = Buffer.alloc(5 + body.length);
  data.writeUInt32BE(body.length, 1);
  data.set(body, 5);
  const headers = block(
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', `/${CoreService.typeName}/${getCustomerRFM.name}`],
    [':authority', 'localhost'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ['authorization', bearer(token).authorization],
  );
  return { headers, data };
}

interface Sender {
  socket: Socket;
  /** Queues a call; drops it if too many are in flight. */
  send(): void;
  flush(): void;
}

async function openSender(
  target: string,
  { headers, data }: Call,
  result: Omit<FloodResult, 'seconds'>,
): Promise<Sender> {
  const [host, port] = target.split(':');
  const socket = connect(Number(port), host);
  socket.on('error', () => undefined).on('close', (failed) => (result.lost += failed ? 1 : 0));
  await new Promise((resolve) => socket.once('connect', resolve));
  let waiting: Buffer[] = [
    PREFACE,
    frame(FRAME.settings, 0, 0, settings()),
    frame(FRAME.window, 0, 0, HIGHEST_WINDOW),
  ];
  let stream = -1;
  let inFlight = 0;
  const withMessage = new Set<number>();
  onFrames(socket, ({ type, flags, stream: id, payload }) => {
    if (type === FRAME.settings && !(flags & ACK)) waiting.push(frame(FRAME.settings, ACK, 0));
    if (type === FRAME.ping && !(flags & ACK)) waiting.push(frame(FRAME.ping, ACK, 0, payload));
    if (type === FRAME.data) withMessage.add(id);
    if (type === FRAME.goaway) result.lost++;
    const isReset = type === FRAME.reset;
    if (!isReset && !(type === FRAME.headers && flags & END_STREAM)) return;
    inFlight--;
    if (isReset) result.lost++;
    else result[withMessage.delete(id) ? 'answered' : 'refused']++;
  });
  return {
    socket,
    send() {
      if (inFlight >= MAX_IN_FLIGHT) return;
      inFlight++;
      stream += 2;
      waiting.push(
        frame(FRAME.headers, END_HEADERS, stream, headers),
        frame(FRAME.data, END_STREAM, stream, data),
      );
    },
    flush() {
      if (waiting.length > 0) socket.write(Buffer.concat(waiting));
      waiting = [];
    },
  };
}
