import { invalid } from '@core/runtime';

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const LENGTH = 36;

/**
 * In lower case, as PostgreSQL writes it: ids are compared, name locks and are bound into what is encrypted, and in the
 * producer's spelling they would be others.
 * @throws CoreError invalid_argument naming the field
 */
export function uuid(field: string, value: string): string {
  if (value.length !== LENGTH || !UUID.test(value)) throw invalid(field, 'must be a UUID');
  return value.toLowerCase();
}
