import { Code, ConnectError } from '@connectrpc/connect';

const PATH = '/core.v1/import-errors.csv';

/**
 * Fetches the file with the token of the page. Rejected: a link to the address, which carries no token.
 * @throws ConnectError as an rpc does
 */
export async function fetchErrorsCsv(
  { merchantId, importId }: { merchantId: string; importId: string },
  token: string | undefined,
): Promise<Blob> {
  const query = new URLSearchParams({ merchant_id: merchantId, import_id: importId });
  const reply = await fetch(`${PATH}?${query.toString()}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  if (reply.ok) return reply.blob();
  const { code, message } = (await reply.json()) as { code: string; message: string };
  const id = reply.headers.get('x-request-id');
  throw new ConnectError(message, codeOf(code), id === null ? {} : { 'x-request-id': id });
}

/** Reads a code of the api, such as permission_denied. */
function codeOf(name: string): Code {
  const pascal = name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const code = Object.entries(Code).find(([key]) => key === pascal)?.[1];
  return typeof code === 'number' ? code : Code.Unknown;
}
