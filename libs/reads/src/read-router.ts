import type { QueryResultRow } from 'pg';
import type { MerchantId } from '@core/contracts';
import { pause, type Address, type Logger } from '@core/runtime';
import type { ReplicasEnv } from './config.ts';
import { createPool, isConnectionLoss, readerOf, type DatabaseEnv, type Pool, type Reader } from '@core/db';
import { createHedging } from './hedge.ts';
import { hasReached, parseToken, type Position } from './position.ts';
import { createReadNode, type ReadNode, type RunOptions } from './read-node.ts';
import { runHedged } from './run-hedged.ts';
import { readPosition, watchNodes, type Replica } from './watch-nodes.ts';

/** How fresh a read must be. */
export type Consistency =
  | { kind: 'minimize_latency' }
  /** Nothing older than the write that returned `token`. */
  | { kind: 'at_least'; token: string }
  | { kind: 'strong' };

export interface ReadRouter {
  /**
   * Returns a reader for one request; each of its statements goes to a node that satisfies `consistency`.
   * @param options.hedge also query a second replica when the first is late; only for quick statements
   * @param options.merchantId the merchant whose rows the reader may see
   */
  reader(consistency: Consistency, options?: { hedge?: boolean; merchantId?: MerchantId }): Reader;
  readonly replicas: readonly Pick<Replica, 'node' | 'usable' | 'lagMs'>[];
  stop(): Promise<void>;
}

/** Observes reads, for the metrics. */
export interface ReadObserver {
  read(node: ReadNode['kind']): void;
  /** Called when a node failed and another one is queried. */
  rerouted(): void;
  hedged(): void;
}

/**
 * Spreads reads over the usable replicas, each to the one with the fewest statements in progress. When a node
 * fails, another one is tried; the primary answers when no replica may. When the primary is down too, lagging
 * replicas serve the reads that require no freshness, because that is better than no answer.
 */
export async function openReadRouter(options: {
  env: DatabaseEnv & ReplicasEnv;
  /** Application name of the router's connections. */
  app: string;
  /** The app's own pool; the router does not end it. */
  primary: Pool;
  log: Logger;
  observer?: ReadObserver;
}): Promise<ReadRouter> {
  const { env, app, log, observer } = options;
  const pools: Pool[] = [];
  const open = (at: Address, more: { max?: number; lifetimeSeconds?: number } = {}): Pool => {
    const pool = createPool(env, { app, log, node: at, ...more });
    pools.push(pool);
    return pool;
  };
  const withProbe = (kind: ReadNode['kind'], at: Address, pool: Pool) => ({
    node: createReadNode(`${at.host}:${at.port}`, kind, pool),
    probe: createReadNode(
      `${at.host}:${at.port}`,
      kind,
      open(at, { max: 1, lifetimeSeconds: PROBE_SECONDS }),
    ),
  });
  const main = withProbe('primary', { host: env.CORE_DB_HOST, port: env.CORE_DB_PORT }, options.primary);
  const watch = await watchNodes({
    primary: main,
    replicas: env.CORE_DB_REPLICAS.map((at) => withProbe('replica', at, open(at))),
    maxLagMs: env.CORE_DB_MAX_LAG_MS,
    log,
  });

  let turn = 0;
  /** Returns the usable replicas, the least busy first; equally busy ones in rotation. */
  const inUse = (): Replica[] => {
    const { replicas } = watch;
    const start = turn++;
    return replicas
      .map((_, n) => replicas[(start + n) % replicas.length] as Replica)
      .filter(({ usable }) => usable)
      .sort((a, b) => a.node.load - b.node.load);
  };

  /**
   * Returns the nodes to try, in order. The primary is listed twice: a connection may end while its server
   * lives.
   */
  async function route(consistency: Consistency): Promise<ReadNode[]> {
    const primary = [main.node, main.node];
    switch (consistency.kind) {
      case 'strong':
        return primary;
      case 'at_least':
        return [...(await haveReached(parseToken(consistency.token))), ...primary];
      default: {
        const used = inUse().map(({ node }) => node);
        const rest = watch.replicas.filter(({ usable }) => !usable).map(({ node }) => node);
        return [...used, ...primary, ...used, ...rest];
      }
    }
  }

  /**
   * Returns the replicas that had reached a token at their last check. A token of this moment is ahead of
   * every last check. In that case the replicas are checked again, one by one, and only the first one that
   * has reached the token is returned: a check takes as long as the read itself.
   */
  async function haveReached(token: Position): Promise<ReadNode[]> {
    const used = inUse();
    const known = used.filter(({ position }) => position && hasReached(position, token));
    if (known.length > 0) return known.map(({ node }) => node);
    for (const { node, probe } of used) {
      const now = await readPosition(probe);
      if (now && hasReached(now, token)) return [node];
    }
    return [];
  }

  const hedging = env.CORE_DB_HEDGE ? createHedging() : undefined;
  const query = async <R extends QueryResultRow>(
    consistency: Consistency,
    hedge: boolean,
    text: string,
    values: unknown[] | undefined,
    options: RunOptions,
  ): Promise<R[]> => {
    let failure: unknown;
    const begin = performance.now();
    // All connections may be lost at once, including the idle ones in the pools: each attempt then gets a
    // dead one. A moment later the pools detect that. Attempts are counted, not timed: a process that waits
    // for a CPU makes only one in half a second.
    for (let attempt = 0; attempt < MAX_ATTEMPTS && performance.now() - begin < PATIENCE_MS; attempt++) {
      if (attempt > 0) await pause(PAUSE_MS);
      const nodes = await route(consistency);
      for (const [n, node] of nodes.entries()) {
        const second = nodes[n + 1];
        try {
          const rows =
            hedging && hedge && n === 0 && second?.kind === 'replica'
              ? await runHedged(
                  hedging,
                  () => node.run<R>(text, values, options),
                  () => (observer?.hedged(), second.run<R>(text, values, options)),
                )
              : await node.run<R>(text, values, options);
          observer?.read(node.kind);
          return rows;
        } catch (error) {
          if (!isNodeFault(error)) throw error;
          failure = error;
          observer?.rerouted();
          log.debug({ err: error, node: node.name }, 'read failed; trying another node');
        }
      }
    }
    throw failure;
  };

  return {
    reader: (consistency, { hedge = false, merchantId } = {}) =>
      readerOf((text, values, name) => query(consistency, hedge, text, values, { name, merchantId })),
    replicas: watch.replicas,
    async stop() {
      await watch.stop();
      await Promise.all(pools.map((pool) => pool.end()));
    },
  };
}

/** A new connection shows where an address leads now: it may have moved to another server. */
const PROBE_SECONDS = 5;

/** Maximum attempts over the nodes, and the pause between two: half a second where nodes refuse at once. */
const [MAX_ATTEMPTS, PAUSE_MS] = [10, 50];

/** No attempt starts later: a caller that waited for unresponsive servers has waited long enough. */
const PATIENCE_MS = 5_000;

/** 40001 on a standby is a conflict with its replay: the same statement succeeds on another node. */
const isNodeFault = (error: unknown): boolean =>
  isConnectionLoss(error) || (error as { code?: unknown } | null)?.code === '40001';
