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

/** Saves a file as a click on a download link does. */
export function saveFile(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has read the address of the file by the next task.
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
}
