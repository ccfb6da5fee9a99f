import { invalid } from '@core/runtime';

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** @throws CoreError invalid_argument naming the field */
export function uuid(field: string, value: string): string {
  if (!UUID.test(value)) throw invalid(field, 'must be a UUID');
  return value;
}
