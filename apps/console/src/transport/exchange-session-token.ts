import { fetchOk } from './fetch-ok.ts';
import type { ConsoleToken } from './token-source.ts';

/** @throws ConnectError as an rpc does */
export async function exchangeSessionToken(sessionToken: string): Promise<ConsoleToken> {
  const reply = await fetchOk('/core.v1/console-token', 'POST', sessionToken);
  const { token, expires_in: expiresIn } = (await reply.json()) as { token: string; expires_in: number };
  return { token, expiresIn };
}
