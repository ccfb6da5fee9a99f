import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { startLoop, within, type Logger } from '@core/runtime';
import { NodeLost, NodeReplaced, type ReceivedBytes, type NodeSockets } from './node-sockets.ts';
import { askIdentity, isSameServer, type ServerIdentity, type TimelineFence } from './server-identity.ts';

/** The interval between two heartbeats while the primary answers, and after a failed one. */
const [EVERY_MS, AGAIN_MS] = [1_000, 250];
/** The timeout of a heartbeat, which may include a login. */
const LIMIT_MS = 1_000;
/** A server without a successful heartbeat for this long counts as hung: its connections are cut. */
const SILENT_MS = 3_000;
/**
 * The age at which the heartbeat's connection is replaced: only a new connection shows where the address
 * leads now.
 */
const RENEW_MS = 5_000;
/** A timer that fires this late shows that this process stood still, not the server. */
const STALL_MS = 200;

export interface Guard {
  /** Resolves when the heartbeat in progress has finished and its connection is closed. */
  stop(): Promise<void>;
}

/**
 * Watches the primary with a heartbeat on a separate connection. It cuts the process's connections to the
 * primary in three cases: the server hangs, its connections are unresponsive, or its address leads to another
 * server. A server that hangs closes no connection, and Node cannot set a TCP user timeout: without this
 * guard the pool would wait minutes until TCP times out. Cut connections fail as lost connections.
 *
 * Long statements are safe while the server answers the heartbeats. Rejected: a short limit for each
 * statement, which would end batches and migrations that are merely slow.
 */
export function guardPrimary(options: {
  /** How to connect to the server and log in. */
  config: ClientConfig;
  sockets: NodeSockets;
  fence: TimelineFence;
  log: Logger;
}): Guard {
  const { config, sockets, fence, log } = options;
  let beating: Beating | undefined;
  let server: ServerIdentity | undefined;
  let goodAt = performance.now();
  let state: 'good' | 'silent' | 'wrong' = 'good';
  let stopped = false;

  const enter = (next: typeof state, say: () => void): void => {
    if (state !== next) say();
    state = next;
  };
  const open = async (): Promise<Answer> => {
    if (stopped) return 'broken';
    const socket = new Socket();
    const client = new Client({ ...config, stream: () => socket });
    client.on('error', () => undefined); // the heartbeat fails with the same error
    const next = { client, socket, openedAt: performance.now() };
    const answer = await answerOf(client.connect().then(() => askIdentity(client)));
    if (typeof answer !== 'object' || stopped) {
      void end(next);
      return answer;
    }
    beating = next;
    return answer;
  };

  // The server may not know that the sessions were cut: until TCP reports it, their transactions keep their
  // locks.
  const endSessions = async (pids: readonly number[]): Promise<void> => {
    const ended = beating?.client.query(END_SESSIONS, [pids]).catch(() => undefined);
    if (ended) await within(LIMIT_MS, ended);
  };
  const onServer = (now: ServerIdentity): void => {
    if (server && !isSameServer(server, now)) {
      const cut = sockets.cut(new NodeReplaced("the primary's address leads to another server"));
      log.warn({ connections: cut, timeline: now.timeline }, "the primary's address leads to another server");
    }
    server = now;
    try {
      fence.assertPrimary(now);
      enter('good', () => log.info('the primary answers'));
    } catch (err) {
      enter('wrong', () => log.error({ err }, 'no writes until the primary is back at its address'));
    }
  };
  const onSilence = (before: ReceivedBytes): void => {
    const silentMs = performance.now() - goodAt;
    if (silentMs < SILENT_MS) return;
    // Heartbeats may fail because no connection is free while the service itself still gets answers.
    if (state !== 'silent' && hasReceivedSince(sockets, before)) return;
    const cut = sockets.cut(new NodeLost(`the primary has not answered for ${Math.round(silentMs)} ms`));
    enter('silent', () =>
      log.warn({ connections: cut }, 'the primary does not answer; its connections are cut'),
    );
  };

  /** Runs one heartbeat. @returns whether the server has answered */
  const beat = async (): Promise<boolean> => {
    const before = sockets.receivedBytes();
    const old = beating;
    const asked = old && askIdentity(old.client);
    const first = asked && (await answerOf(asked));
    // Measured here and not at the start of the heartbeat: data that arrived before the path was lost would
    // count as a sign of life.
    const quietFrom = sockets.receivedBytes();
    const isFresh = old && performance.now() - old.openedAt < RENEW_MS;
    let answer = typeof first === 'object' && isFresh ? first : await open();
    // A new connection may fail for its own reasons, such as name resolution: then the old one decides.
    if (typeof answer !== 'object' && typeof first === 'object') answer = first;
    if (typeof first !== 'object' && beating === old) beating = undefined;
    const isSame = server !== undefined && typeof answer === 'object' && isSameServer(server, answer);
    const isThere = isSame || answer === 'refused';
    // A server under load answers late on new and old connections alike: only silent connections are lost.
    const isHalfOpen =
      first === 'silent' && isThere && (await answerOf(asked as Promise<ServerIdentity>)) === 'silent';
    if (old && old !== beating) void end(old);
    if (stopped) return true;
    if (answer === 'silent' || answer === 'broken') {
      onSilence(before);
      return false;
    }
    goodAt = performance.now();
    if (isHalfOpen) {
      const cut = sockets.cut(new NodeLost('the connection to the primary is unresponsive'), quietFrom);
      log.warn({ connections: cut }, 'unresponsive connections to the primary are cut');
    }
    if (answer === 'refused') return true;
    onServer(answer);
    await turn(); // lets the clients notice the cut
    const orphans = sockets.takeOrphans();
    if (isSame && orphans.length > 0) await endSessions(orphans);
    return true;
  };

  const loop = startLoop({
    name: 'primary heartbeat',
    log,
    level: 'error',
    every: EVERY_MS,
    backoff: { first: AGAIN_MS, most: AGAIN_MS },
    waitsFirst: true,
    work: async () => ((await beat()) ? EVERY_MS : AGAIN_MS),
  });
  return {
    async stop() {
      stopped = true;
      const over = loop.stop();
      if (beating) await end(beating); // a heartbeat in progress fails at once instead of timing out
      await over;
    },
  };
}

const END_SESSIONS =
  'select pg_terminate_backend(pid) from pg_stat_activity where pid = any($1::int[]) and usename = current_user';

interface Beating {
  client: Client;
  socket: Socket;
  openedAt: number;
}

/** `refused`: the server answered with a refusal. `broken`: the connection ended or could not be opened. */
type Answer = ServerIdentity | 'silent' | 'broken' | 'refused';

async function answerOf(asked: Promise<ServerIdentity>): Promise<Answer> {
  const answer = asked.catch((error: { code?: unknown }): Answer =>
    hasSpoken(error.code) ? 'refused' : 'broken',
  );
  for (;;) {
    const due = performance.now() + LIMIT_MS;
    const inTime = await within(LIMIT_MS, answer);
    if (inTime !== undefined) return inTime;
    const stoodStill = performance.now() - due > STALL_MS;
    await turn(); // data that has arrived is read after the timers
    const late = await Promise.race([answer, Promise.resolve(undefined)]);
    if (late !== undefined) return late;
    if (!stoodStill) return 'silent';
  }
}

/**
 * Returns whether the code is an SQLSTATE of a running server, not one of a connection or of a server that
 * stops or starts.
 */
const hasSpoken = (code: unknown): boolean =>
  typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^(08|57P|E)/.test(code);

const hasReceivedSince = (sockets: NodeSockets, before: ReceivedBytes): boolean =>
  [...sockets.receivedBytes()].some(([socket, bytes]) => bytes > (before.get(socket) ?? 0));

/** Ends the connection, then destroys it: an unresponsive server would keep it open for ever. */
async function end({ client, socket }: Beating): Promise<void> {
  await within(
    LIMIT_MS,
    client.end().catch(() => undefined),
  );
  socket.destroy();
}
