import { fetchOk } from '../../../transport/fetch-ok.ts';

/**
 * Fetches the file with the token of the page. Rejected: a link to the address, which carries no token.
 * @throws ConnectError as an rpc does
 */
export async function fetchErrorsCsv(
  { merchantId, importId }: { merchantId: string; importId: string },
  token: string | undefined,
): Promise<Blob> {
  const query = new URLSearchParams({ merchant_id: merchantId, import_id: importId });
  const reply = await fetchOk(`/core.v1/import-errors.csv?${query.toString()}`, 'GET', token);
  return reply.blob();
}
