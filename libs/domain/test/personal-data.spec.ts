// tag: compliance
import { randomUUID } from 'node:crypto';
import { PERSONAL_DATA } from '../src/index.ts';
import { openPrivacy, type PrivacyWorld } from './privacy-support.ts';

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

it('lists exactly the tables of the database', async () => {
  const { rows } = await world.owner.query<{ name: string }>(
    `select relname as name from pg_class
      where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace`,
  );
  const others = ['topic gdpr_request.created', 'dead letters', 'import jobs', 'backups'];
  expect(Object.keys(PERSONAL_DATA).sort()).toEqual([...others, ...rows.map(({ name }) => name)].sort());
});

it('fails a search of canaries at an unlisted table', async () => {
  const canaries = { email: `${randomUUID()}@example.com` };
  expect(await world.search(canaries)).toEqual([]);
  await world.owner.query('create table spec_notes (note text)');
  await expect(world.search(canaries)).rejects.toThrow(
    'no entry lists the personal data in public.spec_notes',
  );
});
