import { assertNamesPerson, readGdprRequestCreated, readRfmUpdated, Topic } from '@core/contracts';
import { assertNamesAgree, checkRfmScore } from '@core/domain';
import { faultOf, formatFault, SIGNATURE_HEADER, type EventRecord } from '@core/events';

/**
 * Returns why the worker would refuse a record, as far as this is known without the customer; undefined for a
 * valid record. The caller sends an invalid record nevertheless: an operator may want to see how it is
 * handled.
 */
export function findProblem({ topic, headers, value }: EventRecord): string | undefined {
  const body = value === null ? null : Buffer.from(value);
  try {
    if (topic === Topic.rfmUpdated) checkRfmScore(readRfmUpdated(body));
    if (topic === Topic.gdprRequestCreated) checkRequest(body);
  } catch (error) {
    return formatFault(faultOf(error));
  }
  return topic === Topic.gdprRequestCreated && !headers[SIGNATURE_HEADER]
    ? 'it is not signed (--sign): a worker that requires signatures refuses it, any other worker carries it out'
    : undefined;
}

function checkRequest(body: Buffer | null): void {
  const request = readGdprRequestCreated(body);
  const { faults, kind, merchantId, shop } = request;
  const fault = faults.body ?? (merchantId || shop ? undefined : faults.merchant) ?? faults.kind;
  if (fault) throw fault;
  if (kind === 'shop_redact') return;
  assertNamesPerson(request);
  assertNamesAgree(request);
}
