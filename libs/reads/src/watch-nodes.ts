import { startLoop, type Logger } from '@core/runtime';
import { createPrimaryTrail } from './lag.ts';
import { parseToken, POSITION_SQL, type Position } from './position.ts';
import type { ReadNode } from './read-node.ts';

/** The log of a cluster, and one of its timelines. */
type History = Pick<Position, 'system' | 'timeline'>;

/** A node and a second, single connection to it: health checks must not wait for reads. */
export interface NodeWithProbe {
  node: ReadNode;
  probe: ReadNode;
}

/** A replica as the watch sees it. */
export interface Replica extends Readonly<NodeWithProbe> {
  /** The replica answers, and its lag is within the limit. */
  readonly usable: boolean;
  /** The position at the last check; undefined when the replica did not answer. */
  readonly position: Position | undefined;
  /** Milliseconds; Infinity when the replica lags further than the watch remembers. */
  readonly lagMs: number;
}

export interface NodeWatch {
  readonly replicas: readonly Replica[];
  stop(): Promise<void>;
}

/**
 * A stopped or lagging replica is taken out of use within a second: the interval, the time limit and the
 * permitted lag add up to less.
 */
const EVERY_MS = 200;
const LIMIT_MS = 500;
/** One page of WAL: the writes that an idle primary makes on its own are not worth excluding a replica. */
const SMALL_DISTANCE = 8_192;

/**
 * Checks every node five times a second. A replica that does not answer in half a second is abandoned,
 * together with its statements in progress; it is used again after its first successful answer. The position
 * that it has replayed is compared. Rejected: the received position and transaction ids, because neither
 * shows what a reader sees.
 * @param maxLagMs maximum age of the data, as PrimaryTrail.lagOf measures it
 * @returns after the first check of all nodes
 */
export async function watchNodes(options: {
  primary: NodeWithProbe;
  replicas: readonly NodeWithProbe[];
  maxLagMs: number;
  log: Logger;
}): Promise<NodeWatch> {
  const { primary, maxLagMs, log } = options;
  let trail = createPrimaryTrail();
  let history: History | undefined;
  let stopped = false;

  const checkPrimary = async () => {
    const position = await readPosition(primary.probe);
    // A former primary that answers instead of its successor does not show the current position of the log.
    if (!position || isBefore(position, history)) return;
    // Positions on two timelines or in two logs cannot be compared.
    if (position.timeline !== history?.timeline || position.system !== history.system) {
      trail = createPrimaryTrail();
    }
    history = position;
    trail.add(position.lsn, performance.now());
  };

  const watched = options.replicas.map((replica) => ({
    ...replica,
    usable: false,
    position: undefined as Position | undefined,
    lagMs: Infinity,
  }));
  const checkNode = async (replica: (typeof watched)[number]) => {
    const was = replica.usable;
    replica.position = await readPosition(replica.probe);
    if (stopped) return;
    if (replica.position) {
      const { lsn } = replica.position;
      replica.lagMs = trail.lagOf(lsn);
      // A replica of a former primary may be up to date with an abandoned history. A replica of another
      // cluster has other rows.
      const follows =
        !history || (replica.position.system === history.system && !isBefore(replica.position, history));
      replica.usable = follows && (replica.lagMs <= maxLagMs || trail.distanceOf(lsn) <= SMALL_DISTANCE);
    } else {
      replica.usable = false;
      replica.node.abandon();
    }
    if (was === replica.usable) return;
    const state = { node: replica.node.name, answers: !!replica.position, lag_ms: replica.lagMs };
    if (replica.usable) log.info(state, 'replica is used for reads');
    else log.warn(state, 'replica is not used for reads');
  };

  const replicaChecks = watched.map((replica) => () => checkNode(replica));
  await checkPrimary();
  await Promise.all(replicaChecks.map((check) => check()));
  const loops = [checkPrimary, ...replicaChecks].map((work) =>
    startLoop({ name: 'node health check', log, every: EVERY_MS, waitsFirst: true, work }),
  );

  return {
    replicas: watched,
    async stop() {
      stopped = true;
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

/** Returns whether the position is on an abandoned timeline. */
const isBefore = (position: Position, history: History | undefined): boolean =>
  position.system === history?.system && position.timeline < (history?.timeline ?? 0);

/** Returns the position of the node; undefined when it does not answer in time. */
export async function readPosition(probe: ReadNode): Promise<Position | undefined> {
  const limit = setTimeout(() => probe.abandon(), LIMIT_MS);
  try {
    const [row] = await probe.run<{ token: string | null }>(POSITION_SQL);
    return row?.token ? parseToken(row.token) : undefined;
  } catch {
    return undefined; // for any error: the node cannot serve reads
  } finally {
    clearTimeout(limit);
  }
}
