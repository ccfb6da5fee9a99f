import { connect, type Socket } from 'node:net';

/** A peer that does not follow HTTP; it does not end its side. */
export interface RawPeer {
  /** Returns the bytes that it has read so far. */
  heard(): string;
  say(text: string): void;
  /** Returns everything that it reads until its connection is closed. */
  all(): Promise<string>;
  socket: Socket;
}

export function rawPeer(port: number): RawPeer {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  socket.on('data', (data: Buffer) => (heard += data.toString('latin1')));
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  return {
    socket,
    heard: () => heard,
    say: (text) => void socket.write(text, 'latin1'),
    all: async () => (await closed, heard),
  };
}

/** Sends `text` and returns everything that the peer reads until its connection is closed. */
export function talk(port: number, text: string): Promise<string> {
  const peer = rawPeer(port);
  peer.say(text);
  return peer.all();
}
