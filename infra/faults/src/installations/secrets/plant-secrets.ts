import { appendFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import type { InstallationStack } from '../stack.ts';
import { live } from '../live.ts';
import type { Life } from '../steps.ts';
import { newSubject } from '../subject.ts';
import { findSecrets } from './find-secrets.ts';
import { endedTokens } from './stored-tokens.ts';

const FORMS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'in hex': (text) => Buffer.from(text).toString('hex'),
  'in base64': (text) => Buffer.from(`:${text}:`).toString('base64'),
};

const DATA_FILES = /^the data files/;

/** Where a value is written, and the places in which it must be found. */
const PLANTS: readonly {
  plant: (stack: InstallationStack, value: string) => unknown;
  places: readonly RegExp[];
}[] = [
  {
    plant: ({ owner }, value) => owner.query('insert into public.planted values ($1)', [value]),
    places: [/^planted of the primary$/, /^planted of the replica$/, /^the dump$/, DATA_FILES],
  },
  {
    plant: ({ stack }, value) => set(stack.redis.port, value),
    places: [/^Redis$/],
  },
  {
    plant: ({ stack }, value) => appendFileSync(join(stack.dir, 'planted.log'), `{"msg":"${value}"}\n`),
    places: [/^the log planted/],
  },
];

async function set(port: number, value: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`SET planted ${value}\r\n`);
  await once(socket, 'data');
  socket.destroy();
}

/** A shop that has left. */
const LEFT: Life = [
  { hours: 0, steps: [{ kind: 'install', of: 1, way: 'link' }] },
  { hours: 0, steps: [{ kind: 'uninstall', of: 1, afterMs: 0 }] },
  { hours: 0, steps: [{ kind: 'delivery', of: 1, topic: 'app/uninstalled' }] },
  { hours: 0, steps: [{ kind: 'check' }] },
];

/**
 * Writes secrets of a shop that has left to every place, in several forms, and looks for them.
 * @returns what was not found
 */
export async function plantSecrets(
  stack: InstallationStack,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<string[]> {
  const { owner, clientSecret } = stack;
  const left = newSubject(stack, { domain: 'planted.myshopify.com', customers: 1 });
  await live(stack, left, LEFT, signal);
  const session = left.far.sessionToken();
  left.carried.add(session);
  const stored = (await endedTokens(owner)).find(({ merchantId }) => merchantId === left.merchantId)?.text;
  if (stored === undefined) throw new Error('no stored token was recorded');
  const secrets = {
    'an access or refresh token': left.far.tokens.issued(),
    'a code or session token': [session],
    'the client secret': [clientSecret],
    [STORED]: [stored],
  };
  await owner.query('create table public.planted (value text)');
  const expected: { says: string; place: RegExp }[] = [];
  for (const [what, texts] of Object.entries(secrets)) {
    for (const [form, write] of Object.entries(FORMS)) {
      for (const { plant, places } of PLANTS) {
        for (const text of texts) await plant(stack, write(text));
        expected.push(...places.map((place) => ({ says: `${what} ${form} in `, place })));
      }
    }
  }
  const found = await findSecrets(stack, [left], () => undefined);
  await owner.query('drop table public.planted');
  say(`info   ${found.length} planted secrets were found`);
  return [
    ...left.problems.map(({ kind, says }) => `${kind}: ${says}`),
    ...expected
      .filter(
        ({ says, place }) => !found.some((each) => each.says.startsWith(says) && place.test(each.place)),
      )
      // A deleted row stays in the data files for a while.
      .filter(({ says, place }) => !(says.startsWith(STORED) && place === DATA_FILES))
      .map(({ says, place }) => `not found: ${says}${place.source}`),
  ];
}

const STORED = 'the stored token of an ended connection';
