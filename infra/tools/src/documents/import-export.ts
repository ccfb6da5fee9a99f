import { join } from 'node:path';

/**
 * Returns what a file of an app exports. The import is computed, because no package may depend on an app. It
 * reads declarations without running the app.
 * @param file relative to the root of the checkout
 * @throws Error when the file lacks the export
 */
export async function importExport<T>(root: string, file: string, name: string): Promise<T> {
  const exported = (await import(join(root, file))) as Record<string, T | undefined>;
  const value = exported[name];
  if (value === undefined) throw new Error(`${file} exports no ${name}`);
  return value;
}
