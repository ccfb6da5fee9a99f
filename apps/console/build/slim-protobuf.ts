import type { Plugin } from 'vite';

/** An enum as TypeScript compiles it: a call whose effect a bundler cannot rule out. */
const ENUM = /export var (\w+);\n\(function \(\1\) \{\n([^}]*)\n\}\)\(\1 \|\| \(\1 = \{\}\)\);/g;
const EXPORTED = /^export function (\w+)/gm;

/**
 * Leaves out the parts of @bufbuild/protobuf that this page never reaches, 7 KiB gzip of 148: the JSON
 * format, because the transport is binary, and the enums that describe .proto files. Rejected: a transport
 * of our own, which would save 5 KiB more.
 */
export const slimProtobuf = (): Plugin => ({
  name: 'slim-protobuf',
  transform: {
    filter: { id: /@bufbuild\/protobuf\/dist\/esm\/(?:(?:from|to)-json|.*_pb)\.js$/ },
    handler: (code, id) =>
      id.endsWith('-json.js')
        ? refuseJson(code)
        : code.replaceAll(ENUM, 'export const $1 = /*@__PURE__*/ (function ($1) {\n$2\nreturn $1;\n})({});'),
  },
});

/** A message that is read or written as JSON after all fails at once and says why. */
const refuseJson = (code: string): string =>
  [...code.matchAll(EXPORTED)]
    .map(([, name]) => `export function ${name}() { throw new Error('slim-protobuf.ts leaves out JSON'); }`)
    .join('\n');
