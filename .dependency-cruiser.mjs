/**
 * The features of the domain, bottom to top: each may import those that stand before it, and no other. The direction is
 * the whole order, not a list for each feature: a list can grow an arrow in either direction, an order cannot.
 */
export const FEATURES = [
  'core',
  'audit',
  'settings',
  'rfm',
  'customers',
  'imports',
  'privacy',
  'webhooks',
  'keys',
  'replay',
];

const SRC = '^libs/domain/src/';
const folders = (features) => `${SRC}(?:${features.join('|')})/`;

/** An import of a type alone counts as one of a value: a reader follows both. Proven in infra/tools/test/arrows.spec.ts. */
export default {
  forbidden: [
    ...FEATURES.slice(0, -1).map((feature, i) => ({
      name: `${feature}-imports-down`,
      severity: 'error',
      comment: `${feature} may import ${FEATURES.slice(0, i).join(', ') || 'no feature'}: see FEATURES in .dependency-cruiser.mjs`,
      from: { path: folders([feature]) },
      to: { path: folders(FEATURES.slice(i + 1)) },
    })),
    {
      name: 'domain-by-index',
      severity: 'error',
      comment: 'a feature is imported through its index.ts, which names what others may use',
      from: { path: `${SRC}([^/]+)/` },
      to: { path: `${SRC}[^/]+/`, pathNot: [`${SRC}$1/`, `${SRC}[^/]+/index[.]ts$`] },
    },
    {
      name: 'domain-by-index',
      severity: 'error',
      comment: 'a feature is imported through its index.ts, which names what others may use',
      from: { pathNot: `${SRC}[^/]+/` },
      to: { path: `${SRC}[^/]+/`, pathNot: `${SRC}[^/]+/index[.]ts$` },
    },
    {
      name: 'domain-by-feature',
      severity: 'error',
      comment:
        'a folder of the domain is a feature of FEATURES in .dependency-cruiser.mjs, and nothing else stands beside index.ts',
      from: {},
      to: { path: SRC, pathNot: [folders(FEATURES), `${SRC}index[.]ts$`] },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'no file of the domain leads back to itself',
      from: { path: '^libs/domain/' },
      to: { circular: true },
    },
    {
      name: 'shop-by-client',
      severity: 'error',
      comment:
        'whatever reads or plans a shop asks it by its ShopClient, and has no transport, limiter or token of its own',
      from: { path: '^libs/shopify/src/(?:sources|planning)/', pathNot: '[.]spec[.]ts$' },
      to: {
        path: '^libs/shopify/src/(?:client|limiter|oauth)/',
        pathNot: '^libs/shopify/src/client/shop-client[.]ts$',
      },
    },
    {
      name: 'no-cycle-of-values',
      severity: 'error',
      comment: 'no file leads back to itself by values, which may be undefined while it loads',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    // Imports of types alone are seen.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(?:^|/)(?:dist|node_modules|src/gen)/' },
    // As Node resolves @core/domain: by "exports" to the source.
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import'] },
  },
};
