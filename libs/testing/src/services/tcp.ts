import { connect } from 'node:net';

interface Question {
  port: number;
  send: Buffer;
  /** The number of bytes to wait for. */
  bytes: number;
}

/**
 * Sends bytes to 127.0.0.1:port and resolves to the first bytes of the answer. Rejects after 5 s without
 * data, or when the connection closes earlier.
 */
export const ask = ({ port, send, bytes }: Question): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const socket = connect(port, '127.0.0.1', () => socket.write(send));
    socket.setTimeout(5_000, () => socket.destroy(new Error(`no answer from 127.0.0.1:${port}`)));
    socket.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length < bytes) return;
      resolve(answer.subarray(0, bytes));
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`127.0.0.1:${port} closed the connection`)));
  });
