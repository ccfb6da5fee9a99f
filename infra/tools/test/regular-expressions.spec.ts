import { lintTexts, type Message } from './lint-texts.ts';

// Proves that the lint fails for slow regular expressions. Otherwise a rule that is switched off, or that
// does not check `new RegExp`, would pass unnoticed.
const BACKTRACKING = 'regexp/no-super-linear-backtracking';
const MOVE = 'regexp/no-super-linear-move';
const BUILT = 'no-restricted-syntax';

const refused: [rule: string, text: string][] = [
  // The pattern of a cron field: 60 digits blocked a process for minutes.
  [BACKTRACKING, String.raw`export const x = /^(?:\d+|\*|[-,/]|jan|feb)+$/i;`],
  [BACKTRACKING, String.raw`export const x = new RegExp('^(?:\\d+|[-,/])+$');`],
  [BACKTRACKING, String.raw`export const x = RegExp('^(a+)+$', 'u');`],
  [BACKTRACKING, String.raw`export const x = /^\s*(.+):(\d{1,5})\s*$/;`],
  [MOVE, String.raw`export const x = 'a'.replace(/=+$/, '');`],
  [BUILT, 'export const x = (n: number) => new RegExp(`^a{1,${n}}$`);'],
  [BUILT, 'export const x = (text: string) => RegExp(text);'],
];
const taken: string[] = [
  String.raw`export const x = /^(?:[\d*,/-]|jan|feb)+$/i;`,
  String.raw`export const x = /^[\w.:-]+$/;`,
  String.raw`export const x = new RegExp('^[a-z]+$', 'u');`,
];
const FILES = ['apps/api/src/virtual.ts', 'libs/domain/src/virtual.ts', 'apps/ops/src/virtual.ts'];

let found: Map<string, string[]>;
beforeAll(async () => {
  const texts = [...refused.map(([, text]) => text), ...taken];
  const cases = FILES.flatMap((file) => texts.map((text) => [file, text] as const));
  const messages = await lintTexts(cases);
  const ours = (of: Message[]) =>
    of.map(({ ruleId }) => ruleId ?? '').filter((rule) => [BACKTRACKING, MOVE, BUILT].includes(rule));
  found = new Map(cases.map(([file, text], n) => [`${file} ${text}`, ours(messages[n] ?? [])]));
}, 120_000);

describe.each(FILES)('in %s', (file) => {
  it.each(refused)('%s refuses %s', (rule, text) => expect(found.get(`${file} ${text}`)).toEqual([rule]));
  it.each(taken)('accepts %s', (text) => expect(found.get(`${file} ${text}`)).toEqual([]));
});
