import cluster from 'node:cluster';
import type { ChildProcess } from 'node:child_process';

/** A connection being passed from the supervisor to a process, in node:cluster's own protocol. */
interface HandOver {
  act?: string;
  seq: number;
}
interface Receipt {
  ack?: number;
}

/**
 * Passes connections to another process if the process that they were sent to died before it received them.
 * node:cluster forgets them: they stay open and no process reads them. A gRPC client then waits forever,
 * because it takes the accepted TCP connection for a slow server. This is not rare: clients of a killed
 * process reconnect before the supervisor detects its death. Worse, with such a connection in flight
 * node:cluster (Node 26) never receives the disconnect, and sends the dead process one more connection for
 * every port.
 *
 * This function emits the two messages of the dead process that node:cluster can handle: it has disconnected,
 * and it accepts no connection. They are undocumented. If they change, the spec that freezes a process,
 * connects to it and kills it fails.
 */
export function returnConnections(child: ChildProcess): void {
  const inFlight = new Map<number, { close(): void }>();
  const send = child.send as (this: ChildProcess, ...args: unknown[]) => boolean;
  child.send = function (this: ChildProcess, ...args: unknown[]) {
    const [message, handle] = args as [HandOver, { close(): void } | undefined];
    if (message.act === 'newconn' && handle) inFlight.set(message.seq, handle);
    return send.apply(this, args);
  };
  child.on('internalMessage' as 'message', (message) => {
    const { ack } = message as Receipt;
    if (ack !== undefined) inFlight.delete(ack);
  });
  let disconnected = false;
  child.once('disconnect', () => (disconnected = true));
  const settle = () => {
    // Receipts may still be in the channel.
    if (child.connected) return void setImmediate(settle);
    if (!disconnected) child.emit('disconnect');
    const others = Object.values(cluster.workers ?? {}).some((worker) => worker?.isConnected());
    for (const [seq, handle] of inFlight) {
      if (others) child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: seq, accepted: false });
      else handle.close();
    }
  };
  child.once('exit', () => setImmediate(settle));
}
