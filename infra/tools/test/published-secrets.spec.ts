import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionalText, readEnv } from '@core/runtime';
import { workspaceRoot } from '@core/testing';
import { listFiles } from '../src/files/list-files.ts';
import { envSchemas } from '../src/documents/environment.ts';

// Every secret value in a committed file, except in specs, is public. This spec collects them; production
// must refuse each of them. Add a new value to libs/runtime/src/published-secrets.ts.

/** Variables of the database images only; the schemas of the apps contain the others. */
const IMAGES = ['POSTGRES_PASSWORD', 'CORE_OWNER_PASSWORD', 'CORE_REPLICATION_PASSWORD'];

/** Returns the values that a text assigns to one of `names`, in any syntax that the files use. */
function valuesIn(text: string, names: readonly string[]): string[] {
  const lines = text.split('\n').filter((line) => line.length < 2_000);
  return lines.flatMap((line) => {
    const named = names.flatMap((name) => {
      const at = line.indexOf(name);
      return at < 0 ? [] : [line.slice(at + name.length)];
    });
    const given = named.flatMap((rest) => [
      /^['"]?\]?\s?[:=]\s?\$\{\w+:-([^}]+)\}/.exec(rest)?.[1] ?? [], // compose: NAME: ${NAME:-value}
      /^:-([^}]+)\}/.exec(rest)?.[1] ?? [], // a default somewhere else: ${NAME:-value}
      /^['"]?\]?\s?[:=]\s?'([^']+)'/.exec(rest)?.[1] ?? [],
      /^['"]?\]?\s?[:=]\s?"([^"]+)"/.exec(rest)?.[1] ?? [],
      /^=([^\s'"`$#][^#'"`]*)/.exec(rest)?.[1] ?? [], // .env, shell, markdown
    ]);
    // Also constants named after their purpose, such as DEV_CLIENT_SECRET.
    const constant = /\b\w*(?:SECRET|PASSWORD|ACCESS_TOKEN|KEYRING)\w* = ['"`]([^'"`$]+)['"`]/.exec(
      line,
    )?.[1];
    return [...given, ...(constant ? [constant] : [])].flat().map((value) => value.trim());
  });
}

it('finds an assigned value in every syntax', () => {
  const samples: [string, string[]][] = [
    ['  KEY: ${KEY:-one}', ['one']],
    ['# KEY=two # DEV ONLY', ['two']],
    ["  KEY: 'three',", ['three']],
    ['process.env[\'KEY\'] = "four"', ['four']],
    ['psql "password=${KEY:-five}"', ['five']],
    ["export const DEV_CLIENT_SECRET = 'six';", ['six']],
    ['  KEY: ${KEY:?set it}', []],
    ['  KEY: secrets.key,', []],
    ['KEY=', []],
  ];
  for (const [text, values] of samples)
    expect([text, [...new Set(valuesIn(text, ['KEY']))]]).toEqual([text, values]);
});

it('refuses in production every value that a committed file assigns to a secret', async () => {
  const root = workspaceRoot();
  const schemas = Object.values(await envSchemas());
  const secret = schemas.flatMap((schema) => Object.keys(schema).filter((name) => schema[name]?.secret));
  const names = [...new Set([...secret, ...IMAGES])];
  expect(names.length).toBeGreaterThan(8);
  const files = listFiles(root, { untracked: true }).filter(
    (file) => !/\.spec\.ts$|\/test\/|package-lock\.json|published-secrets\.ts$/.test(file),
  );
  const found = files.flatMap((file) =>
    valuesIn(readFileSync(join(root, file), 'utf8'), names).map((value) => [file, value] as const),
  );
  for (const file of [
    'infra/docker/dev.env',
    '.env.example',
    'libs/shopify-stand-in/src/oauth/credentials.ts',
  ]) {
    expect(found.map(([from]) => from)).toContain(file);
  }
  const schema = { SECRET: optionalText({ doc: '', secret: true }) };
  const taken = found.filter(([, value]) => {
    try {
      readEnv(schema, { NODE_ENV: 'production', SECRET: value });
      return true;
    } catch {
      return false;
    }
  });
  expect(taken).toEqual([]);
});
