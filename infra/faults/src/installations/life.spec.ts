import { createChoices } from '../requests/choices.ts';
import { aLife } from './life.ts';
import { describeLife, type Life, type Step } from './steps.ts';

const LIVES = 2_000;
const lives: Life[] = Array.from({ length: LIVES }, (_, seed) => aLife(createChoices(seed)));

/** The index of the first group with such a step; Infinity when there is none. */
const first = (life: Life, is: (step: Step) => boolean): number => {
  const found = life.findIndex(({ steps }) => steps.some(is));
  return found < 0 ? Infinity : found;
};
const delivery = (topic: string, of: number) => (step: Step) =>
  step.kind === 'delivery' && step.topic === topic && step.of === of;
const numbers = [1, 2, 3, 4];
const stepsOf = (life: Life): Step[] => life.flatMap(({ steps }) => steps);

it('is the same for the same seed', () => {
  for (const seed of [0, 7, 123_456]) {
    expect(aLife(createChoices(seed))).toEqual(aLife(createChoices(seed)));
  }
});

it('installs and uninstalls in turns, and ends with a check', () => {
  for (const life of lives) {
    const turns = stepsOf(life).filter(({ kind }) => kind === 'install' || kind === 'uninstall');
    expect(turns.map(({ kind }) => kind)).toEqual(
      turns.map((_, n) => (n % 2 === 0 ? 'install' : 'uninstall')),
    );
    expect(life.at(-1)?.steps).toEqual([{ kind: 'check' }]);
  }
});

it('delivers each app/uninstalled after its uninstall, and each shop/redact at least two days later', () => {
  const hoursOf = (life: Life, is: (step: Step) => boolean) => life[first(life, is)]?.hours ?? Infinity;
  for (const life of lives) {
    for (const of of numbers) {
      const left = hoursOf(life, (step) => step.kind === 'uninstall' && step.of === of);
      const reported = hoursOf(life, delivery('app/uninstalled', of));
      const redacted = hoursOf(life, delivery('shop/redact', of));
      const isOrdered = left === Infinity ? reported + redacted === Infinity : left < reported;
      expect([isOrdered, redacted >= left + 48, describeLife(life)]).toEqual([
        true,
        true,
        expect.any(String),
      ]);
    }
  }
});

it('lets the hours pass', () => {
  for (const life of lives) {
    const hours = life.map((group) => group.hours);
    expect(hours).toEqual(hours.toSorted((one, other) => one - other));
  }
});

it.each<[string, (life: Life) => boolean]>([
  [
    'an uninstall during an import',
    (life) => stepsOf(life).some((step) => step.kind === 'import' && step.until === 'interrupted'),
  ],
  ['webhooks that arrive twice', (life) => stepsOf(life).filter(delivery('app/uninstalled', 1)).length > 1],
  [
    'an uninstall that is reported after the next installation',
    (life) =>
      first(life, delivery('app/uninstalled', 1)) >
      first(life, (step) => step.kind === 'install' && step.of === 2),
  ],
  [
    'uninstalls that are reported in reverse',
    (life) => first(life, delivery('app/uninstalled', 2)) < first(life, delivery('app/uninstalled', 1)),
  ],
  [
    'a redaction after the next installation',
    (life) =>
      first(life, (step) => step.kind === 'install' && step.of === 2) <
      first(life, delivery('shop/redact', 1)),
  ],
  [
    'a redaction before the next installation',
    (life) =>
      first(life, delivery('shop/redact', 1)) <
      first(life, (step) => step.kind === 'install' && step.of === 2),
  ],
  [
    'redactions in reverse',
    (life) => first(life, delivery('shop/redact', 2)) < first(life, delivery('shop/redact', 1)),
  ],
  [
    'an uninstall that is never reported, and redacted',
    (life) =>
      first(life, delivery('app/uninstalled', 1)) === Infinity &&
      first(life, delivery('shop/redact', 1)) < Infinity,
  ],
  [
    'a redaction that is cancelled by an installation',
    (life) =>
      first(life, delivery('shop/redact', 2)) < Infinity &&
      first(life, delivery('shop/redact', 1)) === Infinity,
  ],
  ...(['disconnect', 'reconnect', 'scopes', 'person', 'restart'] as const).map(
    (kind): [string, (life: Life) => boolean] => [
      `the step ${kind}`,
      (life) => stepsOf(life).some((step) => step.kind === kind),
    ],
  ),
  ['steps at the same time', (life) => life.some(({ steps }) => steps.length > 1)],
  [
    'an installation that is not opened',
    (life) => stepsOf(life).some((step) => step.kind === 'install' && step.way === 'unopened'),
  ],
])('has %s in some lives', (_, is) => expect(lives.filter(is).length).toBeGreaterThan(LIVES / 100));
