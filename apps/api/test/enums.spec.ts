import type { DescEnum, DescField, DescMessage, JsonValue } from '@bufbuild/protobuf';
import type { Scope } from '../src/rpc-context/context.ts';
import { METHODS } from '../src/methods.ts';
import { pathOf } from '../src/paths.ts';
import { ids, openBareServers, type BareServers } from './bare-servers.ts';
import { get, queryOf, SAFE } from './get-support.ts';
import { post } from './support.ts';

// The enums of requests in JSON, in bodies and in URLs.

let servers: BareServers;
beforeAll(async () => {
  const scopes = [...new Set(METHODS.map(({ scope }) => scope))] as Scope[];
  servers = await openBareServers({ scopes });
});
afterAll(() => servers?.stop());

/** Returns the path of fields to each enum in a message. */
const enumsIn = ({ fields }: DescMessage): DescField[][] =>
  fields.flatMap((field) => {
    if (field.enum) return [[field]];
    const inner =
      field.message && !field.message.typeName.startsWith('google.') ? enumsIn(field.message) : [];
    return inner.map((fieldPath) => [field, ...fieldPath]);
  });
const requests = METHODS.flatMap((method) =>
  enumsIn(method.desc.input).map((fieldPath) => ({
    method,
    field: fieldPath.map(({ name }) => name).join('.'),
    values: (fieldPath.at(-1)!.enum as DescEnum).values,
    json: (name: 'name' | 'jsonName', value: JsonValue) =>
      JSON.stringify({
        ...ids,
        ...(fieldPath.reduceRight<JsonValue>(
          (inner, field) => ({ [field[name]]: field.fieldKind === 'list' ? [inner] : inner }),
          value,
        ) as object),
      }),
  })),
);

it('the requests contain enums', () =>
  expect(requests.map(({ method, field }) => `${method.desc.name} ${field}`)).toEqual(
    expect.arrayContaining([
      'StartCustomerImport source',
      'StartCustomerImport mode',
      'SetImportSchedule mode',
      'GetCustomerRFM consistency',
    ]),
  ));

it.each<JsonValue>([
  'REST',
  'FULL',
  'STRONG',
  'CONSISTENCY_STRONGG',
  'consistency_strong',
  '',
  '1',
  99,
  -1,
  1.5,
  true,
  {},
])('refuse %j, naming the field and the declared values', async (value) => {
  for (const { method, field, values, json } of requests) {
    const message = `${field}: must be one of ${values.map(({ name }) => name).join(', ')}`;
    const refusal = { status: 400, body: { code: 'invalid_argument', message } };
    for (const name of ['name', 'jsonName'] as const) {
      const url = servers.url + pathOf(method.desc);
      expect(await post(url, json(name, value))).toMatchObject(refusal);
      if (SAFE.includes(method)) expect(await get(url + queryOf(json(name, value)))).toMatchObject(refusal);
    }
  }
});

it('accept each declared name and number, and null', async () => {
  for (const { method, field, values, json } of requests) {
    for (const value of [null, ...values.flatMap(({ name, number }) => [name, number])]) {
      const { body } = await post(servers.url + pathOf(method.desc), json('jsonName', value));
      expect(String(body['message'])).not.toMatch(new RegExp(`from JSON|${field}: must be one of`));
    }
  }
});
