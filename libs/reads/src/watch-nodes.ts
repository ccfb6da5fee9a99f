import { startLoop, type Logger } from '@core/runtime';
import { createPrimaryTrail } from './lag.ts';
import { parseToken, POSITION_SQL, type Position } from './position.ts';
import type { ReadNode } from './read-node.ts';

/** Whose log, and which of its timelines. */
type History = Pick<Position, 'system' | 'timeline'>;

/** A node and a second, single connection to it: questions about its health must not wait behind reads. */
export interface NodeWithProbe {
  node: ReadNode;
  probe: ReadNode;
}

/** A replica as the watch sees it. */
export interface Replica extends Readonly<NodeWithProbe> {
  /** It answers and is hardly behind the primary. */
  readonly usable: boolean;
  /** As of the last look; undefined when it did not answer. */
  readonly position: Position | undefined;
  /** Milliseconds; Infinity when it is farther behind than the watch remembers. */
  readonly lagMs: number;
}

export interface NodeWatch {
  readonly replicas: readonly Replica[];
  stop(): Promise<void>;
}

/** A stopped or lagging replica leaves within a second: a look, its limit and the lag allowed are less together. */
const EVERY_MS = 200;
const LIMIT_MS = 500;
/** One page of WAL: the writes that an idle primary makes by itself are no lag worth leaving for. */
const SMALL_DISTANCE = 8_192;

/**
 * Looks at every node five times a second. A replica that does not answer in half a second is given up, with
 * what it has under way; it is back after its first good answer. Compared is how far it has replayed, not what
 * it has received, nor transaction ids: neither says what a reader sees.
 * @param maxLagMs of data, as PrimaryTrail.lagOf says
 * @returns after the first look at all nodes
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

  const lookAtPrimary = async () => {
    const position = await ask(primary.probe);
    // A former primary that answers instead of its successor does not show the current position of the log.
    if (!position || isBefore(position, history)) return;
    // Positions of two timelines cannot be compared, nor those of two logs.
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
  const lookAt = async (replica: (typeof watched)[number]) => {
    const was = replica.usable;
    replica.position = await ask(replica.probe);
    if (stopped) return;
    if (replica.position) {
      const { lsn } = replica.position;
      replica.lagMs = trail.lagOf(lsn);
      // A replica of a former primary may be up to date with a history that was abandoned. One of another cluster has
      // other rows.
      const follows =
        !history || (replica.position.system === history.system && !isBefore(replica.position, history));
      replica.usable = follows && (replica.lagMs <= maxLagMs || trail.distanceOf(lsn) <= SMALL_DISTANCE);
    } else {
      replica.usable = false;
      replica.node.abandon();
    }
    if (was === replica.usable) return;
    const state = { node: replica.node.name, answers: !!replica.position, lag_ms: replica.lagMs };
    if (replica.usable) log.info(state, 'replica takes reads');
    else log.warn(state, 'replica takes no reads');
  };

  const looks = watched.map((replica) => () => lookAt(replica));
  await lookAtPrimary();
  await Promise.all(looks.map((look) => look()));
  const loops = [lookAtPrimary, ...looks].map((work) =>
    startLoop({ name: 'look at a node', log, every: EVERY_MS, waitsFirst: true, work }),
  );

  return {
    replicas: watched,
    async stop() {
      stopped = true;
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

/** Whether it is on a timeline that was left. */
const isBefore = (position: Position, history: History | undefined): boolean =>
  position.system === history?.system && position.timeline < (history?.timeline ?? 0);

/** Where the node stands; undefined when it does not say so in time. */
export async function ask(probe: ReadNode): Promise<Position | undefined> {
  const limit = setTimeout(() => probe.abandon(), LIMIT_MS);
  try {
    const [row] = await probe.run<{ token: string | null }>(POSITION_SQL);
    return row?.token ? parseToken(row.token) : undefined;
  } catch {
    return undefined; // whatever the reason, it cannot be read from
  } finally {
    clearTimeout(limit);
  }
}
