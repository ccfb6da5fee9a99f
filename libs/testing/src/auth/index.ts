export * from './issuer.ts';
export * from './signing-key.ts';
export { startAuthStandIn } from './server.ts';
export type { AuthStandIn, AuthStandInOptions } from './server.ts';
