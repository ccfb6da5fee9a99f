import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import { deadLetterTopic } from '@core/contracts';
import { migrateDatabase } from '@core/db';
import { connectKafka, type KafkaClient } from '@core/events';
import { createCoreDatabase, testServices, workspaceRoot } from '@core/testing';
import { runCommand } from '../src/cli/run-command.ts';
import { commands } from '../src/commands.ts';

export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `ops` as a process with exactly this environment. */
export const spawnOps = (args: readonly string[], env: Record<string, string> = {}) =>
  new Promise<Said>((resolve) => {
    const entry = join(workspaceRoot(), 'apps/ops/src/main.ts');
    execFile(process.execPath, [entry, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });

interface Setting {
  /** What a person at a terminal answers; absent: there is none. */
  answer?: boolean;
  /** Ctrl-C as soon as this is said beside the result. */
  stopWhen?: RegExp;
  /** Told each line beside the result. */
  hear?: (line: string) => void;
}

/** Runs `ops` in this process. */
export async function ops(
  args: readonly string[],
  env: Record<string, string>,
  { answer, stopWhen, hear }: Setting = {},
): Promise<Said> {
  const said = { stdout: '', stderr: '' };
  const stop = new AbortController();
  const beside = (line: string) => {
    said.stderr += `${line}\n`;
    if (stopWhen?.test(line)) stop.abort();
    hear?.(line);
  };
  const code = await runCommand(commands('unused'), args, {
    env: () => env,
    signal: stop.signal,
    terminal: {
      interactive: answer !== undefined,
      print: (line) => void (said.stdout += `${line}\n`),
      note: beside,
      progress: beside,
      confirm: async (question) => {
        beside(question);
        return answer ?? false;
      },
    },
  });
  return { code, ...said };
}

/** A migrated database of a spec file's own, and the run's Kafka. */
export async function openStack() {
  const database = await createCoreDatabase(migrateDatabase);
  const owner = new Pool({ connectionString: database.url, max: 4 });
  const url = new URL(database.urlFor('core_worker'));
  const { broker } = testServices().kafka;
  const kafka = connectKafka({ brokers: [broker], clientId: 'spec' });
  const env = {
    CORE_DB_HOST: url.hostname,
    CORE_DB_PORT: url.port,
    CORE_DB_NAME: database.name,
    CORE_DB_USER: 'core_worker',
    CORE_DB_PASSWORD: url.password,
    KAFKA_BROKER: broker,
  };
  return {
    owner,
    kafka,
    env,
    /** The same database, as this role. */
    envAs: (role: string) => ({
      ...env,
      CORE_DB_USER: role,
      CORE_DB_PASSWORD: new URL(database.urlFor(role)).password,
    }),
    ops: (...args: string[]) => ops(args, env),
    /** With --json. @throws when it fails */
    opsJson: async <T>(...args: string[]): Promise<T> => {
      const said = await ops([...args, '--json'], env);
      if (said.code !== 0) throw new Error(`ops ${args.join(' ')}: ${said.code}\n${said.stderr}`);
      return JSON.parse(said.stdout) as T;
    },
    /** As the superuser, which may: what a failover does to clients. */
    endSessionsOf: async (role: string) => {
      const admin = new Client(testServices().postgres.adminUrl);
      await admin.connect();
      await admin.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and datname = $2',
        [role, database.name],
      );
      await admin.end();
    },
    close: async () => {
      await Promise.all([kafka.close(), owner.end()]);
      await database.drop();
    },
  };
}
export type Stack = Awaited<ReturnType<typeof openStack>>;

/** A topic of a spec's own with its dead letters. */
export async function newTopic(kafka: KafkaClient): Promise<string> {
  const topic = `spec.${randomUUID()}`;
  await kafka.ensureTopics(
    [topic, deadLetterTopic(topic)].map((name) => ({ name, partitions: 2, config: {} })),
  );
  return topic;
}
