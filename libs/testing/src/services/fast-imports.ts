import { registerHooks, type ResolveFnOutput } from 'node:module';

/**
 * The package.json of drizzle-orm has 170 KB of `exports`. Node parses them again for each of the package's
 * 300 files and for each import of the package. That costs 1.5 of the 3.5 s of CPU that a start of the api
 * from its sources takes. These hooks resolve each path once and declare each file of the package an ES
 * module, which it is. Bundles are not affected, because they import no package. Remove this file when
 * drizzle-orm has fewer exports (drizzle-team/drizzle-orm, pull request 5934).
 */
const PACKAGE = /^drizzle-orm(\/|$)/;
const FOLDER = '/node_modules/drizzle-orm/';
const known = new Map<string, ResolveFnOutput>();

registerHooks({
  resolve(specifier, context, next) {
    const { parentURL = '', conditions } = context;
    if (!conditions.includes('import')) return next(specifier, context);
    if (specifier.startsWith('.') && specifier.endsWith('.js') && parentURL.includes(FOLDER)) {
      return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true };
    }
    if (!PACKAGE.test(specifier)) return next(specifier, context);
    const found = known.get(specifier) ?? { ...next(specifier, context), shortCircuit: true };
    known.set(specifier, found);
    return found;
  },
});
