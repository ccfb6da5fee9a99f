import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CE_ID, CE_SOURCE, readGdprRequestCreated, type CustomerId, type MerchantId } from '@core/contracts';
import { signatureOf, type EventRecord } from '@core/events';
import { OpsError, UsageError } from '../cli/errors.ts';
import { fileProblem } from '../cli/file-problem.ts';
import { text, texts, type Values } from '../cli/option.ts';

/** The options that describe the record to send. */
export const RECORD_OPTIONS = {
  body: text('<json>', 'the body; as JSON, though anything is sent'),
  file: text('<path>', 'the file with the body; - is standard input'),
  key: text('<text>', "the record's key; the body's customer_id unless given"),
  id: text('<text>', "the event's id (ce_id); the body's event_id, or a new one, unless given"),
  source: text('<text>', 'who makes the event (ce_source); ops unless given'),
  header: texts('<name=value>', 'one header more'),
  sign: text('<path>', 'the file with the private JWK that signs it, for gdpr_request.created in production'),
};

export interface MadeRecord {
  record: EventRecord & { headers: Record<string, string> };
  eventId: string;
  /** The ids that its body names, as far as it can be read. */
  merchantId: MerchantId | '';
  customerId: CustomerId | '';
}

/** @throws UsageError; OpsError when a file cannot be read */
export async function makeRecord(topic: string, values: Values<typeof RECORD_OPTIONS>): Promise<MadeRecord> {
  const value = bodyOf(values);
  // This serves any topic: it reads the ids that are there, and refuses nothing.
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
  // Not the error's own words, which may quote the key.
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
