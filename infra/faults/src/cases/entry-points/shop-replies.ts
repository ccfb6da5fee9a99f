import { runImport } from '../../field/pages/run-import.ts';
import type { FieldStack } from '../../field/stack.ts';
import type { EntryPoint } from '../case.ts';
import { restorePlaceholders, makeWorld, type World } from '../world.ts';

export interface ShopReply {
  status: number;
  body?: string;
  headers?: Record<string, string>;
  /** The shop is renamed; the stand-in derives the replies from that. */
  renamed?: true;
}

/** The outcome is the message to the merchant about an import whose shop sends this reply to each request. */
export const shopReplies: EntryPoint<ShopReply> = {
  name: 'reply of a shop',
  show: ({ status, body = '', headers = {}, renamed }) =>
    renamed
      ? `${status} to the new domain`
      : `${status} ${Object.values(headers).join(' ')} ${body}`.replaceAll('  ', ' '),
  send: (stack, inputs) =>
    Promise.all(
      inputs.map(async ({ status, body = '', headers = {}, renamed }) => {
        const world = await makeWorld(stack);
        const renamedTo = `new-${world.shop}`;
        if (renamed) stack.shopify.rename(world.shop, renamedTo);
        else world.far.fault({ kind: { status, body: Buffer.from(body), headers }, times: 1_000_000 });
        const outcome = await importOutcome(stack, world);
        return restorePlaceholders(outcome.replaceAll(renamedTo, 'new-$shop'), world);
      }),
    ),
};

async function importOutcome(stack: FieldStack, world: World): Promise<string> {
  const run = await runImport(
    stack,
    world,
    'graphql',
    ({ finishedAt, status }) => finishedAt !== null || status === 'paused',
  );
  return `${run.status}: ${run.error ?? run.waitingReason?.replace(/; next try in [\d.]+ s$/, '') ?? ''}`;
}
