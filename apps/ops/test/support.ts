import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { deadLetterTopic } from '@core/contracts';
import type { KafkaClient } from '@core/events';
import { startStack, type Role } from '@core/stack';
import { fromSources, testServices, withClient } from '@core/testing';
import { runCommand } from '../src/cli/run-command.ts';
import { commands } from '../src/commands.ts';

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `ops` as a process; `env` contains all of the service's variables. */
export const spawnOps = (args: readonly string[], env: Record<string, string> = {}) =>
  new Promise<CommandResult>((resolve) => {
    const run = fromSources('apps/ops/src/main.ts', ...args);
    execFile(process.execPath, run.args, { env: { ...run.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });

interface Setting {
  /** The answer of a person at a terminal; absent: there is no terminal. */
  answer?: boolean;
  /** Simulates Ctrl-C as soon as a line on stderr matches. */
  stopWhen?: RegExp;
  /** Called with each line on stderr. */
  onNote?: (line: string) => void;
}

/** Runs `ops` in this process. */
export async function ops(
  args: readonly string[],
  env: Record<string, string>,
  { answer, stopWhen, onNote }: Setting = {},
): Promise<CommandResult> {
  const output = { stdout: '', stderr: '' };
  const stop = new AbortController();
  const writeNote = (line: string) => {
    output.stderr += `${line}\n`;
    if (stopWhen?.test(line)) stop.abort();
    onNote?.(line);
  };
  const code = await runCommand(commands('unused'), args, {
    env: () => env,
    signal: stop.signal,
    terminal: {
      interactive: answer !== undefined,
      print: (line) => void (output.stdout += `${line}\n`),
      note: writeNote,
      progress: writeNote,
      confirm: async (question) => {
        writeNote(question);
        return answer ?? false;
      },
    },
  });
  return { code, ...output };
}

/** Opens a migrated database for one spec file, and the Kafka of the test run. */
export async function openOps() {
  const stack = await startStack({ services: 'run', postgres: {}, kafka: {} });
  /** Without the keyring: specs of commands that need one pass it. */
  const envAs = (role: Role): Record<string, string> => {
    const { CORE_ENCRYPTION_KEYS: _, ...env } = stack.envAs(role);
    return env;
  };
  const env = envAs('core_worker');
  return {
    owner: stack.pool('core_owner', { max: 4 }),
    pool: stack.pool,
    given: stack.given,
    kafka: stack.connectKafka(),
    env,
    /** Returns the environment for the same database as this role. */
    envAs,
    ops: (...args: string[]) => ops(args, env),
    /** Runs a command with --json. @throws Error when it fails */
    opsJson: async <T>(...args: string[]): Promise<T> => {
      const result = await ops([...args, '--json'], env);
      if (result.code !== 0) throw new Error(`ops ${args.join(' ')}: ${result.code}\n${result.stderr}`);
      return JSON.parse(result.stdout) as T;
    },
    /** Terminates the sessions of a role, as a failover does; it runs as the superuser, who has the right. */
    endSessionsOf: (role: Role) =>
      withClient(testServices().postgres.adminUrl, (admin) =>
        admin.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and datname = $2',
          [role, stack.database.name],
        ),
      ),
    close: stack.stop,
  };
}
export type OpsWorld = Awaited<ReturnType<typeof openOps>>;

/** Creates a topic for one spec, with its dead-letter topic. */
export async function newTopic(kafka: KafkaClient): Promise<string> {
  const topic = `spec.${randomUUID()}`;
  await kafka.ensureTopics(
    [topic, deadLetterTopic(topic)].map((name) => ({ name, partitions: 2, config: {} })),
  );
  return topic;
}
