import type { Plugin } from 'vite';

/**
 * Writes the style sheet into the document, which saves a request before the first paint. The api allows it
 * by its hash, so the policy needs no unsafe-inline. The id is the one of the element that React Aria would
 * otherwise add: the policy would refuse that one, and React Aria leaves an existing element alone.
 */
export const inlineStyles = (): Plugin => ({
  name: 'inline-styles',
  enforce: 'post',
  generateBundle(_, bundle) {
    const document = bundle['index.html'];
    const [sheet] = Object.values(bundle).filter(({ fileName }) => fileName.endsWith('.css'));
    if (document?.type !== 'asset' || sheet?.type !== 'asset')
      throw new Error('no document or no style sheet');
    const styles = `<style id="react-aria-pressable-style">${textOf(sheet.source)}</style>`;
    const html = textOf(document.source);
    const inlined = html.replace(/<link rel="stylesheet"[^>]*>/, () => styles);
    if (inlined === html) throw new Error('the document links no style sheet');
    document.source = inlined;
    Reflect.deleteProperty(bundle, sheet.fileName);
  },
});

const textOf = (source: string | Uint8Array): string =>
  typeof source === 'string' ? source : new TextDecoder().decode(source);
