import type { Choices } from '../requests/choices.ts';
import type { AppName, LetterTopic, Life, Step, StepGroup, Way } from './steps.ts';

/** Times in hours. Sources: libs/shopify-stand-in/src/life.ts, .../src/webhooks/sender.ts. */
export const REDACTED_AFTER = 48;
const RETRIED_FOR = 4;
/** The wait of the service in production. */
export const REDACT_WAIT = 24;
/** Time passes in steps of at least this: see passTime. */
export const LEAST_PASSED = 0.5;

/** An installation that is shorter ends while its import runs. */
const BRIEF = 0.1;

const WAYS: readonly Way[] = ['link', 'link', 'admin', 'admin', 'admin', 'call', 'unopened'];
const APPS: readonly AppName[] = ['api', 'worker', 'importer'];

interface TimedStep {
  hours: number;
  /** When Shopify triggers it; a webhook arrives later. */
  triggered: number;
  step: Step;
}

interface Installed {
  of: number;
  way: Way;
  from: number;
  until: number;
}

/**
 * Returns a random life of a shop: up to four installations, with the webhooks in an order in which Shopify
 * may deliver them. A webhook arrives within four hours, also repeatedly, or never. shop/redact is triggered
 * 48 hours after the uninstall; if the app is installed again by then, some are cancelled.
 */
export function aLife(choices: Choices): Life {
  const { oneIn, one } = choices;
  const between = (least: number, most: number) => least + (choices.below(10_000) / 10_000) * (most - least);
  const steps: TimedStep[] = [];
  const add = (hours: number, step: Step, triggered = hours) => steps.push({ hours, triggered, step });
  const deliver = (topic: LetterTopic, of: number, triggered: number) => {
    const copies = oneIn(4) ? 2 + choices.below(2) : 1;
    for (let copy = 1; copy <= copies; copy++) {
      const delay = oneIn(2) ? between(0, 0.01) : between(0, RETRIED_FOR);
      add(triggered + delay, { kind: 'delivery', of, topic }, triggered);
    }
  };
  const numbers = { edit: 0, scopes: 0 };
  const asked = new Set<LetterTopic>();

  const use = ({ of, way, from, until }: Installed): void => {
    const isOpened = way !== 'unopened';
    const imports = isOpened && !oneIn(4);
    const isBrief = until - from < BRIEF;
    if (imports) {
      // A whole bulk import takes ten seconds: the importer looks for its result that late.
      const source = oneIn(3) && isBrief ? 'bulk' : 'graphql';
      const step = { kind: 'import', of, source, isScheduled: oneIn(3) } as const;
      add(from + 0.02, { ...step, until: isBrief ? 'interrupted' : 'completed' });
    }
    if (isBrief) return;
    if (imports && oneIn(3)) {
      add(from + 0.03, { kind: 'edit', of: ++numbers.edit });
      deliver('customers/update', numbers.edit, from + 0.03);
    }
    if (isOpened && oneIn(6)) {
      add(from + 0.04, { kind: 'scopes', of: ++numbers.scopes });
      deliver('app/scopes_update', numbers.scopes, from + 0.04);
    } else if (isOpened && oneIn(5)) {
      add(from + 0.04, { kind: 'disconnect', of });
      if (oneIn(2)) add(from + 0.05, { kind: 'reconnect', of, way: one(['link', 'call']) });
    }
    if (!oneIn(6)) return;
    const isRedacted = oneIn(2);
    // One of each in a life: they are numbered in the order in which Shopify triggers them.
    const topic = isRedacted ? 'customers/redact' : 'customers/data_request';
    if (asked.has(topic)) return;
    asked.add(topic);
    // Shopify also sends these after the uninstall.
    const at = from + between(0.06, 60);
    add(at, { kind: 'person', of: 1, topic });
    deliver(topic, 1, at);
  };

  const leave = ({ of, way, until }: Installed, installed: readonly Installed[]): void => {
    add(until, { kind: 'uninstall', of, afterMs: choices.below(4) === 0 ? choices.below(1_500) : 0 });
    if (way !== 'unopened' && oneIn(6))
      add(until + 0.0001, { kind: 'import', of, source: 'graphql', until: 'dead', isScheduled: false });
    if (!oneIn(8)) deliver('app/uninstalled', of, until + 0.0002);
    const redacted = until + REDACTED_AFTER;
    const isInstalled = installed.some((each) => each.from <= redacted && redacted < each.until);
    // The time of a redaction must have passed when it arrives.
    if (!isInstalled || !oneIn(3)) deliver('shop/redact', of, redacted + LEAST_PASSED);
    if (oneIn(2)) add(until + RETRIED_FOR + 0.5, { kind: 'check' });
    if (oneIn(2)) add(redacted + REDACT_WAIT + RETRIED_FOR + 1, { kind: 'check' });
  };

  const installed = installations(choices, between);
  for (const each of installed) {
    add(each.from, { kind: 'install', of: each.of, way: each.way });
    use(each);
    if (each.until < Infinity) leave(each, installed);
  }
  if (oneIn(40)) add(between(0, 50), { kind: 'restart', app: one(APPS), isKilled: oneIn(2) });
  // Some lives end before Shopify has triggered the last redactions.
  const last = installed.at(-1)?.from ?? 0;
  const end = oneIn(4) ? last + between(0.1, REDACTED_AFTER - 1) : Infinity;
  const ordered = steps.filter(({ triggered }) => triggered <= end).sort((a, b) => a.hours - b.hours);
  const groups = grouped(ordered, () => oneIn(5));
  return [...groups, { hours: groups.at(-1)?.hours ?? 0, steps: [{ kind: 'check' }] }];
}

/** The app stays installed in half of the shops. Some installations end while an import runs. */
function installations(
  { below, oneIn, one }: Choices,
  between: (least: number, most: number) => number,
): Installed[] {
  const installed: Installed[] = [];
  const all = 1 + below(4);
  const stays = oneIn(2);
  let hours = 0;
  for (let of = 1; of <= all; of++) {
    const from = hours;
    const until = of === all && stays ? Infinity : from + one([0.0201, between(BRIEF, 3), between(3, 40)]);
    installed.push({ of, way: one(WAYS), from, until });
    hours = until + one([between(0.001, 0.5), between(0.1, RETRIED_FOR), between(4, 48), between(48, 100)]);
  }
  return installed;
}

const JOINING: readonly Step['kind'][] = ['install', 'import', 'restart'];

/**
 * Lets some steps of the same hours happen at the same time: deliveries, and at most one installation, import
 * or restart.
 */
function grouped(steps: readonly TimedStep[], joins: () => boolean): StepGroup[] {
  const groups: { hours: number; steps: Step[] }[] = [];
  for (const { hours, step } of steps) {
    const group = groups.at(-1);
    const kinds = [...(group?.steps ?? []), step].map(({ kind }) => kind);
    const others = kinds.filter((kind) => kind !== 'delivery');
    const mayJoin =
      group !== undefined &&
      hours - group.hours < LEAST_PASSED &&
      (others.length === 0 || (others.length === 1 && others.every((kind) => JOINING.includes(kind))));
    if (mayJoin && joins()) group.steps.push(step);
    else groups.push({ hours, steps: [step] });
  }
  return groups;
}
