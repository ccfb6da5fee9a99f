import { startStack } from '@core/stack';
import { seedCustomers } from '@core/testing';

export interface StackOptions {
  merchants: number;
  customersEach: number;
  say: (line: string) => void;
  signal: AbortSignal;
  /** Stops everything that is started, last in, first out. */
  stops: AsyncDisposableStack;
}

/**
 * Starts PostgreSQL with a replica and seeded customers, the Auth stand-in and the api, at free ports.
 * @returns the api's gRPC target, and a token of a service with read scopes
 */
export async function openStack(options: StackOptions): Promise<{ target: string; token: string }> {
  const { merchants, customersEach, say, signal, stops } = options;
  const stack = stops.use(await startStack({ postgres: { replicas: 1 }, auth: {}, say, signal }));
  const customers = merchants * customersEach;
  say(`seeding ${customers} customers of ${merchants} merchants`);
  await seedCustomers(stack.database.urlFor('core_owner'), { customers, merchants });
  signal.throwIfAborted();
  say('starting the api');
  const api = await stack.start('api', { env: stack.issuer.env });
  signal.throwIfAborted();
  return { target: api.target, token: stack.issuer.token({ scope: 'rfm:read customers:read' }) };
}
