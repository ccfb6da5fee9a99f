import { execFile } from 'node:child_process';
import { fromSources } from '@core/testing';
import { deliver } from '../../field/records/deliver.ts';
import { MARK, newMark, readLetters, type Letter } from '../../field/records/letters.ts';
import type { FieldStack } from '../../field/stack.ts';
import type { Door } from '../case.ts';
import { fill, hide, makeWorld, type World } from '../world.ts';

export interface Command {
  /** A record that the worker has processed before; its dead letter is `$letter`. */
  after?: readonly [topic: string, body: string];
  args: readonly string[];
  /** The paths in the --json output whose values are shown: names and indexes. */
  told: readonly string[];
}

/** Runs a command of an operator as a separate process. */
export const ops: Door<Command> = {
  name: 'ops',
  show: ({ after, args, told }) =>
    `${after ? `${after.join(' ')}, then ` : ''}ops ${args.join(' ')} (${told.join(', ')})`,
  async send(stack, inputs, signal) {
    const said: string[] = [];
    for (const { after, args, told } of inputs) {
      const world = await makeWorld(stack, {});
      const letter = after && (await letterOf(stack, world, after, signal));
      const named = letter
        ? ['--partition', String(letter.partition), '--offset', String(letter.offset)]
        : [];
      const given = args.flatMap((arg) => (arg === '$letter' ? named : [fill(arg, world)]));
      const answer = await run(stack, given);
      said.push(hide(told.map((path) => `${path}: ${at(answer, path)}`).join(', '), world));
    }
    return said;
  },
};

async function letterOf(
  stack: FieldStack,
  world: World,
  [topic, body]: readonly [string, string],
  signal: AbortSignal,
): Promise<Letter | undefined> {
  const mark = newMark();
  await deliver(stack, [{ topic, key: null, headers: { [MARK]: mark }, value: fill(body, world) }], signal);
  return (await readLetters(stack.kafka, topic)).get(mark);
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

const at = (value: unknown, path: string): string => {
  const found = path
    .split('.')
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], value);
  return typeof found === 'string' ? found : JSON.stringify(found ?? null);
};
