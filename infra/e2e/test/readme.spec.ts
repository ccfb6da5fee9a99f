// tag: compliance
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { CoreService, ImportService } from '@core/contracts';
import { workspaceRoot } from '@core/testing';
import { readmeExamples, runExample } from './readme-examples.ts';

const root = workspaceRoot();

const CUSTOMER = '0198c0de-0000-7000-8000-00000000000a';

// Replaces curl and grpcurl: records its arguments, and answers as CreateCustomer would. The end-to-end spec
// runs the examples against the real service.
const RECORDER = `#!${process.execPath}
require('node:fs').appendFileSync(process.env.RECORD, JSON.stringify(process.argv.slice(1)) + '\\n');
console.log(JSON.stringify({ customerId: '${CUSTOMER}', created: true }));
`;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'core-readme-'));
  writeFileSync(
    join(dir, 'stack.env'),
    `CORE_HTTP_URL=http://127.0.0.1:1\nCORE_GRPC_ADDR=127.0.0.1:1\nDEV_TOKEN=a.b.c\nDEV_MERCHANT_ID=${CUSTOMER}\n`,
  );
  for (const tool of ['curl', 'grpcurl']) {
    writeFileSync(join(dir, tool), RECORDER);
    chmodSync(join(dir, tool), 0o755);
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Returns the calls of an example: path, body, and whether the call sends the token. */
async function callsOf(example: (typeof examples)[number]) {
  const record = join(dir, 'record');
  rmSync(record, { force: true });
  const path = `${dir}${delimiter}${process.env['PATH']}`;
  await runExample(example, join(dir, 'stack.env'), {
    ...process.env,
    PATH: path,
    RECORD: record,
  });
  return readFileSync(record, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [tool = '', ...args] = JSON.parse(line) as string[];
      const query = args.find((arg) => arg.startsWith('message='))?.slice('message='.length);
      const body = query ?? args[args.indexOf('-d') + 1] ?? '';
      const path = tool.endsWith('grpcurl')
        ? `/${args.at(-1)}`
        : new URL(args.find((arg) => arg.startsWith('http')) ?? '').pathname;
      return {
        path,
        body: JSON.parse(body) as JsonValue,
        token: args.includes('authorization: Bearer a.b.c'),
      };
    });
}

const methods = [CoreService, ImportService].flatMap((service) =>
  service.methods.map((method) => ({ path: `/${service.typeName}/${method.name}`, input: method.input })),
);
// The literal paths from the plan.
const literal = ['GetCustomerRFM', 'CreateCustomer'].map((name) => ({
  path: `/core.v1/${name}`,
  input: methods.find(({ path }) => path === `/core.v1.CoreService/${name}`)!.input,
}));

const examples = readmeExamples();

it('has an example with curl and one with grpcurl', () => {
  const tools = new Set(examples.flatMap((example) => example.tools));
  expect(tools).toEqual(new Set(['curl', 'grpcurl']));
});

describe.each(examples)('the example "$title"', (example) => {
  it('calls existing methods with existing fields', async () => {
    const calls = await callsOf(example);
    expect(calls.length).toBeGreaterThan(0);
    for (const { path, body, token } of calls) {
      expect(`${path} ${token ? 'sends' : 'lacks'} a token`).toBe(`${path} sends a token`);
      const method = [...methods, ...literal].find((each) => each.path === path);
      expect(`${path} ${method ? 'exists' : 'does not exist'}`).toBe(`${path} exists`);
      expect(() => fromJson(method!.input, body)).not.toThrow();
    }
  });
});

it('links only to existing files and folders', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? '');
  expect(links.length).toBeGreaterThan(3);
  expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
});

it('names only commands that exist in package.json', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  for (const file of ['README.md', 'CONTRIBUTING.md']) {
    const text = readFileSync(join(root, file), 'utf8');
    const named = [...text.matchAll(/npm (?:run )?([a-z]+)/g)].map((match) => match[1] ?? '');
    const own = named.filter((name) => !['ci', 'install'].includes(name));
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((name) => !(name in scripts))).toEqual([]);
  }
});
