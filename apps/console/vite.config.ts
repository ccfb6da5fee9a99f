import { defineConfig } from 'vite';
import { compressFiles } from './build/compress-files.ts';
import { slimProtobuf } from './build/slim-protobuf.ts';
import { inlineStyles } from './build/inline-styles.ts';

export default defineConfig({
  base: '/console/',
  // The root of node_modules has an older React, which a package of the tooling needs.
  resolve: { dedupe: ['react', 'react-dom'] },
  plugins: [slimProtobuf(), inlineStyles(), compressFiles()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // One style sheet, which inlineStyles writes into the document.
    cssCodeSplit: false,
    // All browsers above preload modules.
    modulePreload: { polyfill: false },
    // A data: URL would need a weaker policy for its kind.
    assetsInlineLimit: 0,
    // budget.spec.ts reads which chunks a view loads.
    manifest: true,
    reportCompressedSize: false,
    rolldownOptions: {
      // React Aria marks its files for servers that render React; there is none.
      checks: { ineffectiveDynamicImport: true },
      onLog: (level, log, show) => (log.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : show(level, log)),
    },
  },
});
