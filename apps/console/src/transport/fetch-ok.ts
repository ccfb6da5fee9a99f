import { Code, ConnectError } from '@connectrpc/connect';

/**
 * Makes a request that is not an rpc, with the token of the page.
 * @throws ConnectError as an rpc does
 */
export async function fetchOk(path: string, method: string, token: string | undefined): Promise<Response> {
  const headers: HeadersInit = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const reply = await fetch(path, { method, headers });
  if (reply.ok) return reply;
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
