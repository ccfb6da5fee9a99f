import { execFile } from 'node:child_process';
import { fromSources } from '@core/testing';
import { deliver } from '../../field/records/deliver.ts';
import {
  CORRELATION_HEADER,
  newCorrelationId,
  readDeadLetters,
  type DeadLetter,
} from '../../field/records/read-dead-letters.ts';
import type { FieldStack } from '../../field/stack.ts';
import type { EntryPoint } from '../case.ts';
import { fillPlaceholders, restorePlaceholders, makeWorld, type World } from '../world.ts';

export interface Command {
  /** A record that the worker has processed before; its dead letter is `$dead_letter`. */
  after?: readonly [topic: string, body: string];
  args: readonly string[];
  /** The paths in the --json output whose values are shown: names and indexes. */
  outputPaths: readonly string[];
}

/** Runs a command of an operator as a separate process. */
export const ops: EntryPoint<Command> = {
  name: 'ops',
  show: ({ after, args, outputPaths }) =>
    `${after ? `${after.join(' ')}, then ` : ''}ops ${args.join(' ')} (${outputPaths.join(', ')})`,
  async send(stack, inputs, signal) {
    const outcomes: string[] = [];
    for (const { after, args, outputPaths } of inputs) {
      const world = await makeWorld(stack, {});
      const deadLetter = after && (await deadLetterOf(stack, world, after, signal));
      const positionArgs = deadLetter
        ? ['--partition', String(deadLetter.partition), '--offset', String(deadLetter.offset)]
        : [];
      const resolvedArgs = args.flatMap((arg) =>
        arg === '$dead_letter' ? positionArgs : [fillPlaceholders(arg, world)],
      );
      const output = await run(stack, resolvedArgs);
      outcomes.push(
        restorePlaceholders(outputPaths.map((path) => `${path}: ${valueAt(output, path)}`).join(', '), world),
      );
    }
    return outcomes;
  },
};

async function deadLetterOf(
  stack: FieldStack,
  world: World,
  [topic, body]: readonly [string, string],
  signal: AbortSignal,
): Promise<DeadLetter | undefined> {
  const correlationId = newCorrelationId();
  await deliver(
    stack,
    [
      {
        topic,
        key: null,
        headers: { [CORRELATION_HEADER]: correlationId },
        value: fillPlaceholders(body, world),
      },
    ],
    signal,
  );
  return (await readDeadLetters(stack.kafka, topic)).get(correlationId);
}

function run({ environmentOf }: FieldStack, args: readonly string[]): Promise<unknown> {
  const run = fromSources('apps/ops/src/main.ts', ...args, '--json');
  const env = { PATH: process.env['PATH'], ...run.env, ...environmentOf('worker') };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, run.args, { env }, (error, stdout, stderr) => {
      if (error) reject(new Error(`ops ${args.join(' ')}: ${stderr}`));
      else resolve(JSON.parse(stdout));
    });
  });
}

const valueAt = (value: unknown, path: string): string => {
  const found = path
    .split('.')
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], value);
  return typeof found === 'string' ? found : JSON.stringify(found ?? null);
};
