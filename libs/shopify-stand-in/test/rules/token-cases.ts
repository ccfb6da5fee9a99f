import type { SessionTokenOverrides } from '../../src/index.ts';
import { HOUR_MS, OTHER_SHOP } from './rule-world.ts';
import type { RuleCase, RuleWorld } from './rule-world.ts';

type Reply = Promise<{ status: number }>;
const isGranted = async (reply: Reply) => (await reply).status === 200;
const byCode = async (world: RuleWorld, code?: string) =>
  isGranted(world.token({ code: code ?? (await world.code()), expiring: '1' }));
const bySession = (world: RuleWorld, subject?: SessionTokenOverrides | string, fields = {}) => {
  world.shop.install();
  return isGranted(world.exchange(subject, fields));
};
/** The session token of a case: as Shopify issues it, or changed. */
const session = (rule: RuleCase['rule'], changed: (world: RuleWorld) => SessionTokenOverrides): RuleCase => ({
  rule,
  good: (world) => bySession(world),
  mutant: (world) => bySession(world, changed(world)),
});
const seconds = ({ clock }: RuleWorld) => Math.floor(clock.ms / 1000);

export const tokenCases: RuleCase[] = [
  {
    rule: 'client-credentials',
    async good(world) {
      world.standIn.configure({ secrets: ['next-secret', 'dev-client-secret'] }); // both, during a rotation
      return (await bySession(world, {}, { client_secret: 'next-secret' })) && byCode(world);
    },
    mutant: async (world) => isGranted(world.token({ code: await world.code(), client_secret: 'guessed' })),
  },
  {
    rule: 'expiring',
    good: async (world) => isGranted(world.token({ code: await world.code(), expiring: '0' })),
    mutant: async (world) => isGranted(world.token({ code: await world.code(), expiring: 'true' })),
  },
  { rule: 'code-unknown', good: byCode, mutant: (world) => byCode(world, 'invented') },
  {
    rule: 'code-reused',
    good: byCode,
    async mutant(world) {
      const code = await world.code();
      await byCode(world, code);
      return byCode(world, code);
    },
  },
  {
    rule: 'code-expired',
    async good(world) {
      const code = await world.code();
      world.clock.ms += 59_000;
      return byCode(world, code);
    },
    async mutant(world) {
      const code = await world.code();
      world.clock.ms += 60_000;
      return byCode(world, code);
    },
  },
  {
    rule: 'code-of-another-app',
    good: byCode,
    async mutant(world) {
      const code = await world.code();
      world.standIn.configure({ clientId: 'another-app' });
      return isGranted(world.token({ client_id: 'another-app', code }));
    },
  },
  {
    rule: 'code-of-another-shop',
    good: byCode,
    mutant: async (world) => byCode(world, await world.code(OTHER_SHOP)),
  },
  {
    rule: 'code-revoked',
    good: byCode,
    async mutant(world) {
      const code = await world.code();
      world.shop.uninstall();
      return byCode(world, code);
    },
  },
  {
    rule: 'subject-token-type',
    good: (world) => bySession(world),
    mutant: (world) =>
      bySession(world, {}, { subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' }),
  },
  {
    rule: 'requested-token-type',
    good: (world) => bySession(world, {}, { requested_token_type: undefined }), // offline by default
    mutant: (world) =>
      bySession(world, {}, { requested_token_type: 'urn:ietf:params:oauth:token-type:access_token' }),
  },
  session('session-token-algorithm', () => ({ header: { alg: 'none' } })),
  session('session-token-signature', () => ({ secret: 'guessed' })),
  session('session-token-expired', (world) => ({ claims: { exp: seconds(world) } })),
  session('session-token-not-yet', (world) => ({ claims: { nbf: seconds(world) + 1 } })),
  session('session-token-audience', () => ({ claims: { aud: 'another-app' } })),
  session('session-token-issuer', () => ({ claims: { iss: `https://${OTHER_SHOP}/admin` } })),
  session('session-token-shop', () => ({
    claims: { iss: `https://${OTHER_SHOP}/admin`, dest: `https://${OTHER_SHOP}` },
  })),
  {
    rule: 'not-installed',
    good: (world) => bySession(world),
    mutant: (world) => isGranted(world.exchange()),
  },
  {
    rule: 'migration-token',
    good: async (world) => migrate(world, (await world.installed({ expiring: '0' })).access_token),
    mutant: async (world) => migrate(world, (await world.installed()).access_token), // it expires
  },
  {
    rule: 'migration-expiring',
    good: async (world) => migrate(world, (await world.installed({ expiring: '0' })).access_token),
    mutant: async (world) => migrate(world, (await world.installed({ expiring: '0' })).access_token, '0'),
  },
  {
    rule: 'refresh-token-expired',
    async good(world) {
      const { refresh_token: token } = await world.installed();
      world.clock.ms += 90 * 24 * HOUR_MS - 1;
      return isGranted(world.refresh(token));
    },
    async mutant(world) {
      const { refresh_token: token } = await world.installed();
      world.clock.ms += 90 * 24 * HOUR_MS;
      return isGranted(world.refresh(token));
    },
  },
  {
    rule: 'refresh-token-retired',
    good: async (world) => isGranted(world.refresh((await world.installed()).refresh_token)),
    async mutant(world) {
      const { refresh_token: token } = await world.installed();
      await world.exchange(); // a new grant
      return isGranted(world.refresh(token));
    },
  },
];

const migrate = (world: RuleWorld, token: string, expiring = '1') =>
  isGranted(
    world.exchange(token, {
      subject_token_type: 'urn:shopify:params:oauth:token-type:offline-access-token',
      expiring,
    }),
  );
