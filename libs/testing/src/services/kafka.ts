import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { launch, whenReady, type Child } from './child.ts';
import { makeSecuredListener, type SecuredListener } from './kafka-secured.ts';
import { stopLeftover } from './leftover.ts';
import { freePort } from './ports.ts';
import { ask } from './tcp.ts';

export interface StartKafka {
  dir: string;
  /** The preferred port. If it is taken, the next free one; if not given, any free one. */
  port?: number;
  /** The folder that fetchKafkaJars returns. */
  jars: string;
  /** Deletes the data of earlier starts. */
  fresh?: boolean;
  /** The port that the broker advertises to clients, such as a proxy's; by default the broker's port. */
  advertisedPort?: number;
  /** Adds a listener with TLS and passwords. Requires fresh data, because each start creates a new user. */
  secured?: boolean;
}

export interface Kafka {
  /** host:port */
  broker: string;
  port: number;
  /** Undefined unless requested. */
  secured: SecuredListener | undefined;
  child: Child;
  stop(): Promise<void>;
}

const filesOf = (dir: string) => ({
  pidFile: join(dir, 'kafka.pid'),
  config: join(dir, 'server.properties'),
});

/** Stops a broker that an earlier run left running on the folder. */
export function stopLeftoverKafka(dir: string): Promise<void> {
  const { pidFile, config } = filesOf(dir);
  return stopLeftover(pidFile, config);
}

/** Starts one Kafka 4.1 node in KRaft mode, as broker and controller. A second start reuses the data. */
export async function startKafka(options: StartKafka): Promise<Kafka> {
  const { dir, jars } = options;
  mkdirSync(dir, { recursive: true });
  await stopLeftoverKafka(dir);
  const { pidFile, config } = filesOf(dir);
  const port = await freePort(options.port);
  const data = join(dir, 'data');
  const listeners = [`PLAINTEXT://127.0.0.1:${port}`];
  const advertised = [`PLAINTEXT://127.0.0.1:${options.advertisedPort ?? port}`];
  const secured = options.secured ? await makeSecuredListener(dir, await freePort()) : undefined;
  if (secured) for (const list of [listeners, advertised]) list.push(`SECURED://${secured.listener.broker}`);
  writeFileSync(
    config,
    properties(data, listeners, advertised, await freePort()) + (secured?.properties ?? ''),
  );
  const logging = join(dir, 'log4j2.properties');
  writeFileSync(logging, LOGGING);
  const flags = [...JVM, `-Dlog4j2.configurationFile=${logging}`, '-cp', join(jars, '*')];

  if (options.fresh || !existsSync(join(data, 'meta.properties'))) {
    rmSync(data, { recursive: true, force: true });
    const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A'); // a dash starts an option
    const format = ['format', '-c', config, '-t', clusterId, ...(secured?.format ?? [])];
    await promisify(execFile)('java', [...flags, 'kafka.tools.StorageTool', ...format]);
  }
  const logFile = join(dir, 'kafka.log');
  const child = await launch({
    name: 'kafka',
    command: 'java',
    args: [...flags, 'kafka.Kafka', config],
    logFile,
    pidFile,
  });
  // The log is checked too, because the broker accepts connections shortly before it has joined its own
  // cluster.
  const isUp = () => readFileSync(logFile, 'utf8').includes('Kafka Server started');
  await whenReady(child, async () => isUp() && (await kafkaAnswers(port)));
  return {
    broker: `127.0.0.1:${port}`,
    port,
    secured: secured?.listener,
    child,
    stop: () => child.stop(),
  };
}

/** Whether a broker on this port answers an ApiVersions request (key 18, version 0) without an error. */
export async function kafkaAnswers(port: number): Promise<boolean> {
  const request = Buffer.alloc(14);
  request.writeInt32BE(10, 0); // bytes that follow
  request.writeInt16BE(18, 4);
  request.writeInt32BE(7, 8); // correlation id, returned in the reply
  request.writeInt16BE(-1, 12); // no client id
  const answer = await ask({ port, send: request, bytes: 10 });
  return answer.readInt32BE(4) === 7 && answer.readInt16BE(8) === 0;
}

// G1 with half a gigabyte is ample for one small node. Rejected: limiting the JIT to its first tier, which
// would halve the throughput.
const JVM = ['-Xmx512m', '-XX:+UseG1GC', '-Djava.awt.headless=true'];

const LOGGING = `rootLogger.level = INFO
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %m (%c)%n
`;

const properties = (
  data: string,
  listeners: readonly string[],
  advertised: readonly string[],
  controllerPort: number,
): string => `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=${listeners.join(',')},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=${advertised.join(',')}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURED:SASL_SSL,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=${data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
`;
