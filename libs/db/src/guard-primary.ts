import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { within, type Logger } from '@core/runtime';
import { NodeLost, type Heard, type NodeSockets } from './node-sockets.ts';
import { askIdentity, isSameServer, type ServerIdentity, type TimelineFence } from './server-identity.ts';

/** Between two beats while all is well, and after one that failed. */
const [EVERY_MS, AGAIN_MS] = [1_000, 250];
/** A beat, which may include a login, is given up after it. */
const LIMIT_MS = 1_000;
/** Without a good beat for so long, the server hangs: its connections are cut. */
const SILENT_MS = 3_000;
/** The connection of the beats is replaced after it: only a new one shows where the address leads now. */
const RENEW_MS = 5_000;
/** A timer that fires so late says that this process stood still, not the server. */
const STALL_MS = 200;

export interface Guard {
  /** Resolves when its connection is closed. */
  stop(): Promise<void>;
}

/**
 * Watches the primary by a heartbeat on a connection of its own, and cuts every connection of the process to
 * it when it hangs, when its connections have gone silent, and when its address leads to another server. A
 * server that hangs closes no connection, and Node can set no TCP user timeout: without this the pool would
 * wait for the server for as long as TCP has patience, minutes. What is cut fails as a lost connection.
 *
 * Long statements are safe while the server answers the beats. Rejected: a short limit for each statement,
 * which would end batches and migrations that are merely slow.
 */
export function guardPrimary(options: {
  /** How to reach and to enter the server. */
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
    const socket = new Socket();
    const client = new Client({ ...config, stream: () => socket });
    client.on('error', () => undefined); // its beat fails with the same error
    const next = { client, socket, openedAt: performance.now() };
    const answer = await answerOf(client.connect().then(() => askIdentity(client)));
    if (typeof answer !== 'object' || stopped) {
      void end(next);
      return answer;
    }
    beating = next;
    return answer;
  };

  // The server may not know that they were cut: until TCP tells it, their transactions would hold their locks.
  const endSessions = async (pids: readonly number[]): Promise<void> => {
    const ended = beating?.client.query(END_SESSIONS, [pids]).catch(() => undefined);
    if (ended) await within(LIMIT_MS, ended);
  };
  const onServer = (now: ServerIdentity): void => {
    if (server && !isSameServer(server, now)) {
      const cut = sockets.cut(new NodeLost("the primary's address leads to another server"));
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
  const onSilence = (heard: Heard): void => {
    const silentMs = performance.now() - goodAt;
    if (silentMs < SILENT_MS) return;
    // Beats may starve where the service itself is still served.
    if (state !== 'silent' && heardAnything(sockets, heard)) return;
    const cut = sockets.cut(new NodeLost(`the primary has not answered for ${Math.round(silentMs)} ms`));
    enter('silent', () =>
      log.warn({ connections: cut }, 'the primary does not answer; its connections are cut'),
    );
  };

  /** @returns whether the server has answered */
  const beat = async (): Promise<boolean> => {
    const heard = sockets.heard();
    const old = beating;
    const asked = old && askIdentity(old.client);
    const first = asked && (await answerOf(asked));
    // Not as of the beat's beginning: what came between it and the loss of the way would pass for a sign of life.
    const quietFrom = sockets.heard();
    const isFresh = old && performance.now() - old.openedAt < RENEW_MS;
    let answer = typeof first === 'object' && isFresh ? first : await open();
    // A new connection may fail for reasons of its own, such as name resolution: the old one has the last word.
    if (typeof answer !== 'object' && typeof first === 'object') answer = first;
    if (typeof first !== 'object' && beating === old) beating = undefined;
    const isSame = server !== undefined && typeof answer === 'object' && isSameServer(server, answer);
    const isThere = isSame || answer === 'refused';
    // A server under load answers late, and a new connection no earlier than an old one: only what says nothing is lost.
    const isHalfOpen =
      first === 'silent' && isThere && (await answerOf(asked as Promise<ServerIdentity>)) === 'silent';
    if (old && old !== beating) void end(old);
    if (stopped) return true;
    if (answer === 'silent' || answer === 'broken') {
      onSilence(heard);
      return false;
    }
    goodAt = performance.now();
    if (isHalfOpen) {
      const cut = sockets.cut(new NodeLost('the connection to the primary has gone silent'), quietFrom);
      log.warn({ connections: cut }, 'connections to the primary have gone silent and are cut');
    }
    if (answer === 'refused') return true;
    onServer(answer);
    await turn(); // the clients learn of the cut
    const orphans = sockets.takeOrphans();
    if (isSame && orphans.length > 0) await endSessions(orphans);
    return true;
  };

  let timer: NodeJS.Timeout | undefined;
  const schedule = (ms: number): void => {
    timer = setTimeout(() => {
      void beat()
        .catch((err: unknown) => (log.error({ err }, 'a heartbeat of the primary failed'), false))
        .then((good) => void (stopped || schedule(good ? EVERY_MS : AGAIN_MS)));
    }, ms).unref();
  };
  schedule(EVERY_MS);
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      if (beating) await end(beating);
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

/** `refused`: the server is there and has said no. `broken`: the connection ended, or could not be made. */
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
    await turn(); // what has come meanwhile is read behind the timers
    const late = await Promise.race([answer, Promise.resolve(undefined)]);
    if (late !== undefined) return late;
    if (!stoodStill) return 'silent';
  }
}

/** SQLSTATEs come from a server at work, but for those of connections and of one that goes or is not there yet. */
const hasSpoken = (code: unknown): boolean =>
  typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^(08|57P|E)/.test(code);

const heardAnything = (sockets: NodeSockets, before: Heard): boolean =>
  [...sockets.heard()].some(([socket, bytes]) => bytes > (before.get(socket) ?? 0));

/** Politely, and for sure: a silent server would keep the connection for ever. */
async function end({ client, socket }: Beating): Promise<void> {
  await within(
    LIMIT_MS,
    client.end().catch(() => undefined),
  );
  socket.destroy();
}
