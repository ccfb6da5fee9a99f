import type { DescField, DescMessage, JsonValue } from '@bufbuild/protobuf';
import { readTimestamp } from '@core/contracts';
import type { Scope } from '../src/rpc-context/context.ts';
import { METHODS } from '../src/methods.ts';
import { pathOf } from '../src/paths.ts';
import { ids, openBareServers, type BareServers } from './bare-servers.ts';
import { get, queryOf, SAFE } from './get-support.ts';
import { post } from './support.ts';

// The times of requests in JSON, in bodies and in URLs.

let servers: BareServers;
beforeAll(async () => {
  const scopes = [...new Set(METHODS.map(({ scope }) => scope))] as Scope[];
  servers = await openBareServers({ scopes });
});
afterAll(() => servers?.stop());

const TIMESTAMP = 'google.protobuf.Timestamp';
/** Returns the path of fields to each time in a message. */
const timesIn = ({ fields }: DescMessage): DescField[][] =>
  fields.flatMap((field) => {
    if (field.message?.typeName === TIMESTAMP) return [[field]];
    const inner =
      field.message && !field.message.typeName.startsWith('google.') ? timesIn(field.message) : [];
    return inner.map((fieldPath) => [field, ...fieldPath]);
  });
const requests = METHODS.flatMap((method) =>
  timesIn(method.desc.input).map((fieldPath) => ({
    method,
    field: fieldPath.map(({ name }) => name).join('.'),
    json: (name: 'name' | 'jsonName', value: JsonValue) =>
      JSON.stringify({
        merchantId: ids.merchantId,
        ...(fieldPath.reduceRight((inner, field) => ({ [field[name]]: inner }), value) as object),
      }),
  })),
);
/**
 * The expected refusal. Only refusals of the parser and of this rule are tested: without a database a valid
 * request goes no further.
 */
const refusal = (field: string) => ({
  status: 400,
  body: {
    code: 'invalid_argument',
    message: `${field}: must be a time like 2026-01-02T03:04:05Z, in the years 1 to 9999`,
  },
});

it('the requests contain times', () =>
  expect(requests.map(({ method, field }) => `${method.desc.name} ${field}`)).toEqual(
    expect.arrayContaining(['ListCustomers filter.updated_since', 'ConnectShop expires_at']),
  ));

it.each<JsonValue>([
  '2020-02-30T00:00:00Z',
  '2020-02-31T00:00:00.5Z',
  '2021-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2021-04-31T00:00:00Z',
  '2021-06-31T23:59:59+02:00',
  '2021-13-01T00:00:00Z',
  '2021-00-01T00:00:00Z',
  '2021-01-00T00:00:00Z',
  '2020-01-01T24:00:00Z',
  '2020-01-01T24:00:00+01:00',
  '2020-01-01T23:60:00Z',
  '2020-01-01T00:00:60Z',
  '2016-12-31T23:59:60Z',
  '2020-01-01T00:00:00+24:00',
  '2020-01-01T00:00:00-24:00',
  '2020-01-01T00:00:00+14:60',
  '2020-01-01T00:00:00+99:99',
  '0001-01-01T00:00:00+00:01',
  '0000-12-31T23:59:59Z',
  '9999-12-31T23:59:59-00:01',
  '2020-01-01T00:00:00',
  '2020-01-01 00:00:00Z',
  '2020-01-01',
  '2020-01-01T00:00:00.1234567890Z',
  'soon',
  '',
  1_577_836_800,
  true,
  {},
  ['2020-01-01T00:00:00Z'],
])('refuse %j, naming the field', async (value) => {
  for (const { method, field, json } of requests) {
    for (const name of ['name', 'jsonName'] as const) {
      const url = servers.url + pathOf(method.desc);
      expect(await post(url, json(name, value))).toMatchObject(refusal(field));
      if (SAFE.includes(method))
        expect(await get(url + queryOf(json(name, value)))).toMatchObject(refusal(field));
    }
  }
});

it.each([
  '2020-02-29T00:00:00Z',
  '2000-02-29T23:59:59.999999999Z',
  '2021-04-30T23:59:59+14:00',
  '2021-12-31T23:59:59-12:00',
  '2020-01-01T00:00:00+23:59',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
])('accept %s', async (value) => {
  expect(readTimestamp(value)).toBeDefined();
  for (const { method, field, json } of requests) {
    const { body } = await post(servers.url + pathOf(method.desc), json('jsonName', value));
    expect(String(body['message'])).not.toMatch(new RegExp(`from JSON|${field}`));
  }
});
