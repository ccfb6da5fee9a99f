import { parseArgs } from 'node:util';
import { fromJson, toJson, type DescMethodUnary, type JsonValue } from '@bufbuild/protobuf';
import { CoreService, ImportService } from '@core/contracts';
import { grpcClient } from '@core/testing';

// Implements the part of grpcurl that the README's examples use, for machines where grpcurl cannot be
// installed.
const { values, positionals } = parseArgs({
  args: process.argv.slice(2).map((arg) => arg.replace(/^-(?=[a-z-]{2})/, '--')),
  allowPositionals: true,
  options: {
    plaintext: { type: 'boolean' },
    'import-path': { type: 'string' },
    proto: { type: 'string' },
    d: { type: 'string', short: 'd', default: '{}' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
  },
});
const [address = '', name = ''] = positionals;
const methods = [CoreService, ImportService].flatMap((service) => service.methods);
const method = methods.find((each) => `${each.parent.typeName}/${each.name}` === name) as DescMethodUnary;
const metadata = Object.fromEntries(
  values.header.map((header) => header.split(/: */, 2) as [string, string]),
);
const client = grpcClient(address, { metadata });
const request = fromJson(method.input, JSON.parse(values.d) as JsonValue);
console.log(JSON.stringify(toJson(method.output, await client.unary(method, request)), null, 2));
client.close();
