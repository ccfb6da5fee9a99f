import { expectAll, expectEach, type Section } from '../case.ts';
import { deadlines } from '../entry-points/deadlines.ts';
import { appStarts } from '../entry-points/app-starts.ts';
import { tokens } from '../entry-points/tokens.ts';

const SCOPE = 'settings:write';

export const configurations: Section = {
  title: '7. Redis, PostgreSQL and tokens in other configurations',
  groups: [
    expectAll(tokens, 'accepted', [
      {},
      { header: { kid: undefined } },
      { header: { kid: undefined }, issuer: 1 },
      { header: { kid: undefined, typ: undefined }, issuer: 1 },
      { claims: { scope: [SCOPE, 'rfm:read'] } },
      { claims: { scope: [`rfm:read ${SCOPE}`] } },
      { claims: { scope: undefined, scp: `rfm:read ${SCOPE}` } },
      { claims: { scope: undefined, scp: [SCOPE] } },
      { claims: { scope: undefined, scopes: [SCOPE] } },
      { claims: { aud: ['points', 'core'] } },
    ]),
    expectEach(tokens, [
      [{ claims: { scope: ['rfm:read'] } }, 'permission_denied: …'],
      [{ claims: { scope: undefined } }, 'permission_denied: …'],
      [{ claims: { scope: 7 } }, 'unauthenticated: …'],
      [{ claims: { scope: [SCOPE, 7] } }, 'unauthenticated: …'],
      [{ header: { kid: 'nobody' } }, 'unauthenticated: …'],
      [{ claims: { aud: ['points'] } }, 'unauthenticated: …'],
    ]),
    expectAll(deadlines, 'answered', [
      ['grpc-timeout', '720H'],
      ['grpc-timeout', '3000000S'],
      ['grpc-timeout', '99999999M'],
      ['grpc-timeout', '99999999H'],
      ['grpc-timeout', '99999999S'],
      ['connect-timeout-ms', '2147483647'],
      ['connect-timeout-ms', '2147483648'],
      ['connect-timeout-ms', '2592000000'],
      ['connect-timeout-ms', '9999999999'],
    ]),
    expectEach(deadlines, [
      [['grpc-timeout', '0S'], 'status 4'],
      [['grpc-timeout', '0n'], 'status 4'],
      [['connect-timeout-ms', '0'], 'deadline_exceeded: …'],
    ]),
    expectAll(appStarts, 'ends with 1: REDIS_URL: must be a URL that begins with redis:…', [
      { app: 'importer', env: { REDIS_URL: 'redis+sentinel://127.0.0.1:26379/queue' } },
      { app: 'importer', env: { REDIS_URL: 'redis-cluster://127.0.0.1:6379' } },
      { app: 'importer', env: { REDIS_URL: '127.0.0.1:6379' } },
    ]),
  ],
  specs: [
    ['a Redis that answers READONLY or LOADING, and Sentinel', 'apps/importer/test/redis-failover.spec.ts'],
    ['pgbouncer by session, transaction and statement', 'libs/reads/test/pooler.spec.ts'],
    ['the whole service behind pgbouncer', 'infra/faults/test/poolers.spec.ts'],
  ],
};
