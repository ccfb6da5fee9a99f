import { connect } from 'node:net';
import { pause } from '@core/runtime';
import type { Flood, FloodPorts } from './flood.ts';

const KEYS = 90_000;
const CONNECTIONS = 16;
const BYTES_A_SECOND = 10_000_000;
/** Bytes that are sent at once, the size of an uplink's burst. */
const PART = 64 * 1024;

/** Sends customers with 90,000 keys of metadata, as unauthenticated callers. */
export function floodJson({ httpPort }: FloodPorts): Flood {
  const metadata = Object.fromEntries(Array.from({ length: KEYS }, (_, n) => [`k${n}`, n % 10]));
  const body = Buffer.from(JSON.stringify({ metadata }));
  const head = Buffer.from(
    `POST /core.v1/CreateCustomer HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  const request = Buffer.concat([head, body]);
  let refused = 0;
  let ending = false;
  const others: string[] = [];
  const one = async () => {
    const socket = connect(httpPort, '127.0.0.1');
    let received = '';
    socket.on('data', (part: Buffer) => (received += part.toString('latin1'))).on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    for (let at = 0; at < request.length && !socket.destroyed && !ending; at += PART) {
      socket.write(request.subarray(at, at + PART));
      await pause((PART * CONNECTIONS * 1_000) / BYTES_A_SECOND);
    }
    socket.end();
    setTimeout(() => socket.destroy(), 5_000).unref();
    await closed;
    const [status = ''] = received.split('\r\n', 1);
    if (status.includes(' 401 ')) refused++;
    else if (status && others.length < 10) others.push(`an unauthenticated call was answered ${status}`);
  };
  const loops = Array.from({ length: CONNECTIONS }, async () => {
    while (!ending) await one();
  });
  return {
    refused: () => refused,
    others,
    async stop() {
      ending = true;
      await Promise.all(loops);
    },
  };
}
