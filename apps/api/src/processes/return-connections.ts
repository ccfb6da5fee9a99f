import cluster from 'node:cluster';
import type { ChildProcess } from 'node:child_process';

/** A connection on its way from the supervisor to a process, in node:cluster's own protocol. */
interface HandOver {
  act?: string;
  seq: number;
}
interface Receipt {
  ack?: number;
}

/**
 * Gives the connections that were handed to a process, but not received before it died, to another one.
 * node:cluster forgets them: they stay open, nobody reads them, and a gRPC client waits for ever, because it
 * takes the accepted TCP connection for a slow server. It is not rare: clients of a killed process reconnect
 * before the supervisor has heard of its death. Worse, with one of them on its way node:cluster never hears of
 * the disconnect (Node 26), and hands the dead process one more connection of every port.
 *
 * This function emits the two messages of the dead process that node:cluster can handle: it has gone, and it
 * accepts none. They are undocumented; if they change, the spec fails that freezes a process, connects to it
 * and kills it.
 */
export function returnConnections(child: ChildProcess): void {
  const underway = new Map<number, { close(): void }>();
  const send = child.send as (this: ChildProcess, ...args: unknown[]) => boolean;
  child.send = function (this: ChildProcess, ...args: unknown[]) {
    const [message, handle] = args as [HandOver, { close(): void } | undefined];
    if (message.act === 'newconn' && handle) underway.set(message.seq, handle);
    return send.apply(this, args);
  };
  child.on('internalMessage' as 'message', (message) => {
    const { ack } = message as Receipt;
    if (ack !== undefined) underway.delete(ack);
  });
  let told = false;
  child.once('disconnect', () => (told = true));
  const settle = () => {
    // Receipts may still lie in the channel.
    if (child.connected) return void setImmediate(settle);
    if (!told) child.emit('disconnect');
    const others = Object.values(cluster.workers ?? {}).some((worker) => worker?.isConnected());
    for (const [seq, handle] of underway) {
      if (others) child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: seq, accepted: false });
      else handle.close();
    }
  };
  child.once('exit', () => setImmediate(settle));
}
