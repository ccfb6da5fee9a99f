import { connect, type Socket } from 'node:net';

/** A peer that does not follow HTTP; it does not end its side. */
export interface RawPeer {
  /** Returns the bytes that it has read so far. */
  received(): string;
  send(text: string): void;
  /** Returns everything that it reads until its connection is closed. */
  receiveAll(): Promise<string>;
  socket: Socket;
}

export function rawPeer(port: number): RawPeer {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (data: Buffer) => (received += data.toString('latin1')));
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  return {
    socket,
    received: () => received,
    send: (text) => void socket.write(text, 'latin1'),
    receiveAll: async () => (await closed, received),
  };
}

/** Sends `text` and returns everything that the peer reads until its connection is closed. */
export function talk(port: number, text: string): Promise<string> {
  const peer = rawPeer(port);
  peer.send(text);
  return peer.receiveAll();
}
