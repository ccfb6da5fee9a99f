import { reservePorts, type ReservedPorts } from '@core/testing';

const WELL_KNOWN = {
  postgres: 5433,
  replica: 5434,
  kafka: 9092,
  redis: 6379,
  auth: 50061,
  shopify: 8081,
  grpc: 50051,
  http: 8080,
  api: 9101,
  worker: 9102,
  importer: 9103,
};
export type StackPort = keyof typeof WELL_KNOWN;

/**
 * Reserves all ports of one start together: the well-known port of each part, or the next free port if it is
 * taken. Rejected: searching ports one by one. Two parts of a start could then get the same port, because
 * neither listens yet.
 */
export function reserveStackPorts(wellKnown: boolean): Promise<ReservedPorts<StackPort>> {
  const names = Object.keys(WELL_KNOWN) as StackPort[];
  const preferred = names.map((name) => [name, wellKnown ? WELL_KNOWN[name] : undefined]);
  return reservePorts(Object.fromEntries(preferred) as Record<StackPort, number | undefined>);
}
