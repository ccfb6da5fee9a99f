import cluster from 'node:cluster';
import type { ChildProcess } from 'node:child_process';

/** A connection on its way from the supervisor to a process; of node:cluster's own protocol. */
interface HandOver {
  act?: string;
  seq: number;
}
interface Receipt {
  ack?: number;
}

/**
 * Gives the connections that were handed to a process, but not received before it died, to another one.
 * node:cluster forgets them: they stay open, nobody reads them, and a gRPC client waits for ever, for it takes
 * the accepted TCP connection for a slow server. It is no rare case: clients of a killed process connect again
 * before the supervisor has heard of its death. Worse, with one of them on its way node:cluster never hears of
 * the disconnect (Node 26), and hands the dead process one more connection of every port.
 *
 * So the dead one is made to say that it has gone and that it accepts none, both of which node:cluster knows how
 * to handle. That uses what it does not document; if it changes, the spec fails that freezes a process, connects
 * to it and kills it.
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
