// tag: compliance
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import { listFiles } from '../src/files/list-files.ts';

/** Patterns that match secrets. */
const SECRETS: readonly [what: string, pattern: RegExp][] = [
  ['a private key', /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}/],
  ['a private JWK', /"d"\s*:\s*"[A-Za-z0-9_-]{40,}"/],
  ['a token of a Shopify app', /\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b/],
  ['a key of the keyring', /CORE_ENCRYPTION_KEYS[=:]\s*['"]?[\w-]+:[A-Za-z0-9+/]{43}=/],
  ['a signed token', /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{40,}/],
  ['a key of a cloud', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ['a password in a URL', /\b(?:postgres(?:ql)?|redis|amqp|https?):\/\/[\w-]+:(?![$<{]|%24)[\w!.~-]{12,}@/],
];

/** A line with this mark contains only public values. */
const MARKED = /^.*# DEV ONLY$/gm;

const found = (text: string): string[] => {
  const rest = text.replace(MARKED, '');
  return SECRETS.filter(([, is]) => is.test(rest)).map(([what]) => what);
};

it('recognizes each kind of secret', () => {
  const letters = (n: number) => 'Ab1'.repeat(n).slice(0, n);
  const samples = [
    `-----BEGIN PRIVATE ${'KEY'}-----\n${letters(64)}`,
    `{"kty":"EC","d":"${letters(43)}"}`,
    `shpat${'_'}${'0a'.repeat(16)}`,
    `CORE_ENCRYPTION_KEYS=${'k1'}:${letters(43)}=`,
    `eyJ${letters(20)}.eyJ${letters(40)}.${letters(43)}`,
    `AKIA${'A1'.repeat(8)}`,
    `postgresql://core_owner${':'}${letters(16)}@db.example.com/core_db`,
  ];
  expect(samples.map((sample) => found(sample))).toEqual(SECRETS.map(([what]) => [what]));
  expect(found('postgresql://core_api:${password}@localhost/core_db')).toEqual([]);
});

it('finds no secret in the repository', () => {
  const root = workspaceRoot();
  const files = listFiles(root);
  expect(files.length).toBeGreaterThan(500);
  const leaks = files.flatMap((file) =>
    found(readFileSync(join(root, file), 'utf8')).map((what) => `${file}: ${what}`),
  );
  expect(leaks).toEqual([]);
});
