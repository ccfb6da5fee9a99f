/** The result file of an operation. */
export interface ResultFile {
  url: string;
  /** The file contains only the part that an operation wrote before it failed. */
  partial: boolean;
  expires: string;
}

export type FileUrls = ReturnType<typeof createFileUrls>;

/** Maximum number of operations whose file URLs this process keeps. A forgotten one is requested again. */
const MOST = 100;

/**
 * Keeps URLs in memory only, never in a cursor: anyone with the URL can read the file. The key includes the
 * shop, so that an id that two shops share never leads to the other shop's customers.
 */
export function createFileUrls() {
  const files = new Map<string, ResultFile>();
  return {
    get(shop: string, operation: string): ResultFile | undefined {
      const file = files.get(`${shop} ${operation}`);
      return file && Date.parse(file.expires) > Date.now() ? file : undefined;
    },
    keep(shop: string, operation: string, file: ResultFile): void {
      files.set(`${shop} ${operation}`, file);
      const [oldest] = files.keys();
      if (files.size > MOST && oldest !== undefined) files.delete(oldest);
    },
    drop(shop: string, operation: string): void {
      files.delete(`${shop} ${operation}`);
    },
  };
}
