import { deflateSync, gzipSync } from 'node:zlib';
import type { Choices } from './choices.ts';

/** Paths of rpcs, two of them in the plan's literal form without the service name. */
export const PATHS = [
  '/core.v1/GetCustomerRFM',
  '/core.v1/CreateCustomer',
  '/core.v1.CoreService/GetCustomerRFM',
  '/core.v1.CoreService/BatchGetCustomerRFM',
  '/core.v1.CoreService/CreateCustomer',
  '/core.v1.CoreService/UpdateCustomer',
  '/core.v1.CoreService/ListCustomers',
  '/core.v1.CoreService/UpdateProgramSettings',
  '/core.v1.ImportService/SetImportSchedule',
  '/core.v1.ImportService/WatchCustomerImport',
  '/core.v1.PrivacyService/ExportCustomerData',
];

const STRINGS = [
  '',
  'x',
  '\0',
  '\u{10ffff}',
  '💥'.repeat(50),
  '../../etc/passwd',
  "' or 1=1 --",
  'a'.repeat(5_000),
];
const NAMES = [
  'merchantId',
  'customer_id',
  'customerIds',
  'metadata',
  'filter',
  '__proto__',
  'constructor',
  'email',
  '',
];

/** Generates JSON of any shape, and invalid JSON. */
export function jsonBody(choices: Choices): Buffer {
  const value = (depth: number): unknown => {
    switch (choices.below(depth > 5 ? 6 : 8)) {
      case 0:
        return null;
      case 1:
        return choices.oneIn(2);
      case 2:
        return choices.one([0, -1, 1e308, 2 ** 53, 0.1]);
      case 3:
      case 4:
        return choices.one(STRINGS);
      case 5:
        return '018f4e1c-0000-7000-8000-00000000000a';
      case 6:
        return Array.from({ length: choices.below(6) }, () => value(depth + 1));
      default:
        return Object.fromEntries(
          Array.from({ length: choices.below(6) }, () => [choices.one(NAMES), value(depth + 1)]),
        );
    }
  };
  if (choices.oneIn(200)) return Buffer.from(nested(choices));
  if (choices.oneIn(200)) return Buffer.from(wide(choices));
  const text = JSON.stringify({
    merchantId: '018f4e1c-0000-7000-8000-00000000000a',
    ...(value(0) as object),
  });
  if (choices.oneIn(2)) return Buffer.from(text);
  return corruptBytes(choices, Buffer.from(text));
}

const nested = (choices: Choices): string => {
  const depth = choices.one([50, 200, 5_000, 60_000]);
  const [open, close] = choices.one([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  return `{"metadata":${open.repeat(depth)}${choices.oneIn(2) ? '' : `1${close.repeat(depth)}`}`;
};

const wide = (choices: Choices): string => {
  const count = choices.one([1_000, 5_000, 12_000]);
  return `{"metadata":{${Array.from({ length: count }, (_, n) => `"${n}":1`).join()}}}`;
};

/** Generates protobuf of any shape: tags of all wire types, wrong lengths, groups, nested structs. */
export function protoBody(choices: Choices): Buffer {
  if (choices.oneIn(200))
    return Buffer.alloc(choices.one([500, 8_000, 100_000]), choices.one([0x0a, 0x1a, 0x0b, 0]));
  const parts: Buffer[] = [];
  for (let n = choices.below(12); n > 0; n--) {
    const tag = Buffer.from([(choices.below(16) << 3) | choices.below(8)]);
    const inner = choices.bytes(20);
    parts.push(
      tag,
      choices.oneIn(2) ? choices.bytes(6) : Buffer.concat([Buffer.from([inner.length]), inner]),
    );
  }
  return Buffer.concat(parts);
}

/** Changes, truncates or repeats some bytes. */
export function corruptBytes(choices: Choices, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  switch (choices.below(4)) {
    case 0:
      return copy.subarray(0, choices.below(copy.length + 1));
    case 1:
      return Buffer.concat([copy, copy.subarray(choices.below(copy.length + 1))]);
    default:
      for (let n = 1 + choices.below(4); n > 0 && copy.length > 0; n--)
        copy[choices.below(copy.length)] = choices.below(256);
      return copy;
  }
}

/** Adds a five-byte prefix, which may be wrong. */
export function framed(choices: Choices, message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head[0] = choices.one([0, 0, 0, 0, 1, 2, 128, 255]);
  head.writeUInt32BE(
    choices.one([message.length, message.length, message.length, 0, 2 ** 31, 2 ** 32 - 1, 8_193]),
    1,
  );
  return Buffer.concat([head, message]);
}

export const compressed = (choices: Choices, bytes: Buffer): Buffer =>
  choices.one([gzipSync, deflateSync, (raw: Buffer) => corruptBytes(choices, gzipSync(raw))])(
    choices.oneIn(20) ? Buffer.alloc(1_000_000) : bytes,
  );
