/** Where the result of an operation lies. */
export interface ResultFile {
  url: string;
  /** Only what an operation that failed got to. */
  partial: boolean;
  expires: string;
}

export type FileUrls = ReturnType<typeof createFileUrls>;

/** Operations whose file this process reads; one forgotten is asked for again. */
const MOST = 100;

/**
 * URLs live in memory alone, never in a cursor: anyone who has one can read the file. They are kept by shop,
 * too, so that an id that two shops share never leads to the other's customers.
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
