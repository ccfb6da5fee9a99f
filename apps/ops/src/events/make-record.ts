import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CE_ID, CE_SOURCE, readGdprRequestCreated, type CustomerId, type MerchantId } from '@core/contracts';
import { signatureOf, type EventRecord } from '@core/events';
import { OpsError, UsageError } from '../cli/errors.ts';
import { fileProblem } from '../cli/file-problem.ts';
import { text, texts, type Values } from '../cli/option.ts';

/** The options that describe the record to send. */
export const RECORD_OPTIONS = {
  body: text('<json>', 'the body, usually JSON; any text is sent as it is'),
  file: text('<path>', 'the file with the body; - is standard input'),
  key: text('<text>', 'the key of the record; default: customer_id of the body'),
  id: text('<text>', 'the id of the event (ce_id); default: event_id of the body, or a new id'),
  source: text('<text>', 'the producer of the event (ce_source); default: ops'),
  header: texts('<name=value>', 'an additional header'),
  sign: text('<path>', 'the private JWK that signs the record, for gdpr_request.created in production'),
};

export interface BuiltRecord {
  record: EventRecord & { headers: Record<string, string> };
  eventId: string;
  /** The ids in the body, as far as it can be read. */
  merchantId: MerchantId | '';
  customerId: CustomerId | '';
}

/** @throws UsageError; OpsError when a file cannot be read */
export async function buildRecord(
  topic: string,
  values: Values<typeof RECORD_OPTIONS>,
): Promise<BuiltRecord> {
  const value = bodyOf(values);
  // This reader works for any topic: it reads the ids that are present, and refuses nothing.
  const { eventId: own, merchantId, given } = readGdprRequestCreated(value);
  const customerId = given.customerId[0]?.name ?? '';
  const eventId = values.id ?? (own || randomUUID());
  const headers = {
    [CE_ID]: eventId,
    [CE_SOURCE]: values.source ?? 'ops',
    ...headersOf(values.header ?? []),
  };
  const record = { topic, key: values.key ?? (customerId || null), headers, value };
  const signature = values.sign === undefined ? {} : await sign(record, values.sign);
  return { record: { ...record, headers: { ...headers, ...signature } }, eventId, merchantId, customerId };
}

function bodyOf({ body, file }: Values<typeof RECORD_OPTIONS>): Buffer {
  if ((body === undefined) === (file === undefined))
    throw new UsageError('--body, --file: give one of the two');
  return body === undefined ? readInput('--file', file ?? '') : Buffer.from(body);
}

const STDIN = 0;

function readInput(flag: string, file: string): Buffer {
  try {
    return readFileSync(file === '-' ? STDIN : file);
  } catch (error) {
    throw new OpsError(`${flag}: cannot be read: ${fileProblem(error)}`);
  }
}

const headersOf = (given: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    given.map((header) => {
      const end = header.indexOf('=');
      if (end < 1) throw new UsageError('--header: must be like traceparent=00-...');
      return [header.slice(0, end), header.slice(end + 1)];
    }),
  );

async function sign(record: EventRecord, file: string): Promise<Record<string, string>> {
  const key = readInput('--sign', file).toString();
  // The message of the caught error is not used: it may quote the key.
  return signatureOf(record, parseKey(key)).catch(() => {
    throw new OpsError('--sign: cannot sign with it; it must be a private JWK with alg and kid');
  });
}

function parseKey(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch {
    throw new OpsError('--sign: must be a private JWK, as JSON');
  }
}
