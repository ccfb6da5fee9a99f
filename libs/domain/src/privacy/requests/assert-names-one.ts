import type { InboundGdprRequest } from '@core/contracts';
import { normaliseEmail } from '@core/db';
import { invalid } from '@core/runtime';
import { externalIdOf } from '../../core/index.ts';

/**
 * Checks that the fields that give one kind of name agree, whatever their spelling: the first alone would be carried
 * out, and whom the others mean would be forgotten. Beside an id an email decides nothing, so then emails may differ.
 * @throws CoreError naming the fields
 */
export function assertNamesOne({ given: { customerId, externalId, email } }: InboundGdprRequest): void {
  if (differ(customerId)) throw invalid('customer_id', 'and customer.id must name one customer');
  if (differ(externalId.map(externalIdOf))) {
    throw invalid(
      'external_id',
      'and customer_id, customer.id and customer.admin_graphql_api_id, where they give one, must name one customer',
    );
  }
  const hasId = customerId.length + externalId.length > 0;
  if (!hasId && differ(email.map(normaliseEmail)))
    throw invalid('email', 'and customer.email must be the same');
}

const differ = (names: readonly string[]): boolean => new Set(names).size > 1;
