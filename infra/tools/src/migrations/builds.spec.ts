import type { UsedByBuild } from '@core/db';
import { hasBuild, withBuild } from './builds.ts';

const build = (functions: UsedByBuild['functions']): UsedByBuild => ({
  tables: { customers: 'id' },
  functions,
});
const old = build({ read_scores: { signature: '(uuid) RETURNS int', roles: ['core_api'] } });

it('adds the record of a build, and replaces it as long as all functions that it calls remain', () => {
  const more = build({
    read_scores: { signature: '(uuid) RETURNS int', roles: ['core_api', 'core_worker'] },
    another: { signature: '() RETURNS int', roles: ['public'] },
  });
  expect(withBuild({}, '0000', old)).toEqual({ '0000': old });
  expect(withBuild({ '0000': old }, '0000', more)).toEqual({ '0000': more });
  expect([hasBuild({ '0000': old }, '0000', old), hasBuild({ '0000': old }, '0000', more)]).toEqual([
    true,
    false,
  ]);
});

it.each([
  ['was removed', build({})],
  ['has other parameters', build({ read_scores: { signature: '(int) RETURNS int', roles: ['core_api'] } })],
  ['has other parameters', build({ read_scores: { signature: '(uuid) RETURNS int', roles: [] } })],
])('refuses a function that %s within one migration number', (how, used) => {
  expect(() => withBuild({ '0000': old }, '0000', used)).toThrow(`the function read_scores ${how}`);
  expect(withBuild({ '0000': old }, '0001', used)).toEqual({ '0000': old, '0001': used });
});
