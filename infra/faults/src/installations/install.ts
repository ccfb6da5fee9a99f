import { status as grpcStatus } from '@grpc/grpc-js';
import { ImportService, ShopService } from '@core/contracts';
import { pause } from '@core/runtime';
import { isRedacted } from './expect-state.ts';
import { LifeProblem } from './problems.ts';
import { closeRequests } from './requests-after.ts';
import type { InstallationStack } from './stack.ts';
import type { StepOf, Way } from './steps.ts';
import { count, type Subject } from './subject.ts';

/** The merchant installs the app, and repeats it when the service asks for that. */
export async function install(
  stack: InstallationStack,
  subject: Subject,
  { of, way }: StepOf<'install'>,
): Promise<void> {
  const { far, facts } = subject;
  await nextSecond(stack, subject);
  closeRequests(subject);
  count(subject, way === 'unopened' ? 'installed and not opened' : `installed by ${way}`);
  if (way === 'unopened') return far.install();
  await connect(stack, subject, way);
  if (isRedacted(facts, subject.hours) !== 'no') facts.imported = false;
  Object.assign(facts, { connected: of, disconnected: false });
}

export async function reconnect(
  stack: InstallationStack,
  subject: Subject,
  { way }: StepOf<'reconnect'>,
): Promise<void> {
  await connect(stack, subject, way);
  subject.facts.disconnected = false;
}

const SECOND_MS = 1_000;

/** Shopify's Date counts in seconds: an installation in the second of the uninstall counts as earlier. */
async function nextSecond({ now }: InstallationStack, { uninstalls }: Subject): Promise<void> {
  const last = uninstalls.at(-1)?.atMs;
  if (last === undefined) return;
  const from = (Math.floor(last / SECOND_MS) + 1) * SECOND_MS;
  await pause(Math.max(0, from - now()));
}

const MAX_TRIES = 480;
const RETRY_EVERY_MS = 500;
/** The api is being restarted. */
const UNREACHABLE = 'the api did not answer';
/** Parts of a refusal that the merchant overcomes by repeating the installation. */
const LATER = ['is being removed', 'again in a few minutes', UNREACHABLE];
const DISCONNECTED = 'This shop was disconnected';
const CONNECTED = 'The shop is connected';

async function connect(
  stack: InstallationStack,
  subject: Subject,
  way: Exclude<Way, 'unopened'>,
): Promise<void> {
  let chosen = way;
  for (let tries = 1; ; tries++) {
    const refusal = await VISITS[chosen](stack, subject).catch(asRefusal);
    if (refusal === undefined) return;
    // The service does not know of the uninstall yet, which would undo the merchant's decision.
    const leads = refusal.includes(DISCONNECTED) && subject.facts.disconnected;
    if (leads) chosen = 'link';
    else if (tries === MAX_TRIES || !LATER.some((text) => refusal.includes(text)))
      throw new LifeProblem('refused', `an installation by ${chosen}: ${refusal}`);
    count(subject, 'installations repeated');
    await pause(RETRY_EVERY_MS);
  }
}

function asRefusal(error: unknown): string {
  const { code, message } = error as { code?: number; message: string };
  return code === undefined || code === grpcStatus.UNAVAILABLE ? `${UNREACHABLE}: ${message}` : message;
}

/** Each returns the words of a refusal. */
const VISITS = { link: byLink, admin: byAdmin, call: byCall };

async function byLink({ rpc, visit }: InstallationStack, { merchantId, far, carried }: Subject) {
  const link = { merchantId, shop: far.domain };
  const { url } = await rpc.unary(ShopService.method.createInstallLink, link);
  const { location } = await visit(url);
  carried.add(new URL(location).searchParams.get('code') ?? '');
  const page = await visit(location);
  if (page.status !== 200) return `${page.status} ${wordsOf(page.text)}`;
  // The page asks whether the shop is to be connected: its button sends the form to the same address.
  const { status, text } = await visit(location, 'POST');
  return status === 200 && text.includes(CONNECTED) ? undefined : `${status} ${wordsOf(text)}`;
}

async function byAdmin({ visit }: InstallationStack, { far, carried }: Subject) {
  if (!far.installed) far.install();
  const page = far.openApp();
  carried.add(new URL(page).searchParams.get('id_token') ?? '');
  const { status, text } = await visit(page);
  return status === 200 && text.includes(CONNECTED) ? undefined : `${status} ${wordsOf(text)}`;
}

/** The platform has acquired the tokens by itself. */
async function byCall({ rpc }: InstallationStack, { merchantId, far }: Subject) {
  if (!far.installed) far.install();
  const { accessToken, refreshToken, expiresIn } = far.tokens.issue();
  await rpc.unary(ImportService.method.connectShop, {
    merchantId,
    shop: far.domain,
    accessToken,
    refreshToken,
    expiresAt: { seconds: BigInt(Math.floor(Date.now() / 1_000) + expiresIn) },
  });
  return undefined;
}

/** Returns the body of a page without its elements. */
const wordsOf = (page: string): string =>
  page
    .slice(page.indexOf('<body>'))
    .split(/<[^<>]*>/)
    .filter((text) => text.trim() !== '')
    .join(' ');
