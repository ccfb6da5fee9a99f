/**
 * The features of the domain from bottom to top. Each feature may import only those before it in this list.
 * Rejected: a list of allowed imports for each feature. Such lists can allow imports in both directions, an
 * order cannot.
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

/**
 * A type-only import counts like an import of a value, because a reader has to follow both.
 * infra/tools/test/arrows.spec.ts proves the rules.
 */
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
        'every folder of libs/domain/src must be in FEATURES of .dependency-cruiser.mjs; the only file next to the folders is index.ts',
      from: {},
      to: { path: SRC, pathNot: [folders(FEATURES), `${SRC}index[.]ts$`] },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'imports within the domain must not form a cycle',
      from: { path: '^libs/domain/' },
      to: { circular: true },
    },
    {
      name: 'shop-by-client',
      severity: 'error',
      comment:
        'code that reads or plans a shop must use its ShopClient, and not its own transport, limiter or token',
      from: { path: '^libs/shopify/src/(?:sources|planning)/', pathNot: '[.]spec[.]ts$' },
      to: {
        path: '^libs/shopify/src/(?:client|limiter|oauth)/',
        pathNot: '^libs/shopify/src/client/shop-client[.]ts$',
      },
    },
    {
      name: 'no-cycle-of-values',
      severity: 'error',
      comment: 'imports of values must not form a cycle: a value may be undefined while the modules load',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    // Detects type-only imports.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(?:^|/)(?:dist|node_modules|src/gen)/' },
    // Resolves @core/domain like Node: through "exports" to the source.
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import'] },
  },
};
