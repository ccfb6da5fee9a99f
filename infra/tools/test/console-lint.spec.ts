import { lintTexts } from './lint-texts.ts';

// Proves that the lint of the page reports violations. Otherwise a rule that is switched off, or that does
// not check `.tsx`, would pass unnoticed.
const FILE = 'apps/console/src/virtual.tsx';
const refused: [rule: string, text: string][] = [
  ['no-restricted-syntax', 'export const X = () => <p dangerouslySetInnerHTML={{ __html: "x" }} />;'],
  ['no-restricted-syntax', 'export const x = (of: HTMLElement) => void (of.innerHTML = "x");'],
  ['no-restricted-syntax', 'export const x = (of: HTMLElement) => of.insertAdjacentHTML("beforeend", "x");'],
  ['no-restricted-syntax', 'export const X = () => <iframe srcDoc="x" />;'],
  ['no-restricted-imports', "import { x } from '@core/contracts';\nexport const y = x;"],
  [
    'react-hooks/rules-of-hooks',
    "import { useState } from 'react';\nexport const X = (p: { a: boolean }) => (p.a ? useState(0)[0] : null);",
  ],
];
const accepted = [
  "import { ShopService } from '@core/contracts/web';\nexport const x = ShopService;",
  'export const X = (p: { text: string }) => <p title={p.text}>{p.text}</p>;',
];

let found: string[][];
beforeAll(async () => {
  const texts = [...refused.map(([, text]) => text), ...accepted];
  const messages = await lintTexts(texts.map((text) => [FILE, text] as const));
  const rules = new Set(refused.map(([rule]) => rule));
  found = messages.map((of) => of.map(({ ruleId }) => ruleId ?? '').filter((rule) => rules.has(rule)));
}, 120_000);

it.each(refused.map(([rule, text], n) => [rule, text, n] as const))('%s refuses %s', (rule, _, n) =>
  expect(found[n]).toEqual([rule]),
);
it.each(accepted.map((text, n) => [text, n + refused.length] as const))('accepts %s', (_, n) =>
  expect(found[n]).toEqual([]),
);
