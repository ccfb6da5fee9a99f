import { isDeepStrictEqual } from 'node:util';
import type { UsedByBuild } from '@core/db';

/** Each build's use of its database, by the number of its newest migration. */
export type Builds = Record<string, UsedByBuild>;

/**
 * The records with that of this build. Builds of one number cannot be told apart while they run, so what one of
 * them calls stays for all.
 * @throws Error naming a function that a build of this number calls otherwise
 */
export function withBuild(builds: Builds, number: string, used: UsedByBuild): Builds {
  for (const [name, { signature, roles }] of Object.entries(builds[number]?.functions ?? {})) {
    const now = used.functions[name];
    if (now?.signature === signature && roles.every((role) => now.roles.includes(role))) continue;
    throw new Error(
      `the function ${name} ${now ? 'has other parameters, another result or fewer callers' : 'is gone'}, and builds of ` +
        `migration ${number} call it: write the migration of this change first (npm run generate -- --migration <intent>), ` +
        'and give a function with another signature another name. What breaks only a function that has not landed yet: ' +
        'git checkout libs/db/migrations/meta/_builds.json, and again',
    );
  }
  return { ...builds, [number]: used };
}

export const hasBuild = (builds: Builds, number: string, used: UsedByBuild): boolean =>
  isDeepStrictEqual(builds[number], used);
