import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** Writes each file of the build a second and third time, compressed as well as possible. */
export const compressFiles = (): Plugin => ({
  name: 'compress-files',
  enforce: 'post',
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.fileName.startsWith('.')) continue;
      const source = Buffer.from(file.type === 'chunk' ? file.code : file.source);
      const emit = (suffix: string, bytes: Uint8Array) =>
        this.emitFile({ type: 'asset', fileName: `${file.fileName}${suffix}`, source: bytes });
      emit('.br', brotliCompressSync(source));
      emit('.gz', gzipSync(source, { level: 9 }));
    }
  },
});
