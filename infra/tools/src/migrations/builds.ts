import { isDeepStrictEqual } from 'node:util';
import type { UsedByBuild } from '@core/db';

/** The parts of the database that each build uses, by the number of its newest migration. */
export type Builds = Record<string, UsedByBuild>;

/**
 * Returns the records with that of this build. Running builds with the same number cannot be distinguished,
 * so a function that one of them calls must remain for all.
 * @throws Error naming a function that an earlier build of this number calls in another form
 */
export function withBuild(builds: Builds, number: string, used: UsedByBuild): Builds {
  for (const [name, { signature, roles }] of Object.entries(builds[number]?.functions ?? {})) {
    const now = used.functions[name];
    if (now?.signature === signature && roles.every((role) => now.roles.includes(role))) continue;
    throw new Error(
      `the function ${name} ${now ? 'has other parameters, another result or fewer callers' : 'was removed'}, but builds of ` +
        `migration ${number} call it. Write a migration for this change first (npm run generate -- --migration <intent>), ` +
        'and give a function with a new signature a new name. If the function has not landed yet, run ' +
        'git checkout libs/db/migrations/meta/_builds.json and try again.',
    );
  }
  return { ...builds, [number]: used };
}

export const hasBuild = (builds: Builds, number: string, used: UsedByBuild): boolean =>
  isDeepStrictEqual(builds[number], used);
