/** Where the result of an operation lies. */
export interface ResultFile {
  url: string;
  /** Only what an operation that failed got to. */
  partial: boolean;
  expires: string;
}

/** Operations whose file this process reads; one forgotten is asked for again. */
const MOST = 100;

/** URLs live in memory alone, never in a cursor: who has one can read the file. */
export function createFileUrls() {
  const files = new Map<string, ResultFile>();
  return {
    get(operation: string): ResultFile | undefined {
      const file = files.get(operation);
      return file && Date.parse(file.expires) > Date.now() ? file : undefined;
    },
    keep(operation: string, file: ResultFile): void {
      files.set(operation, file);
      const [oldest] = files.keys();
      if (files.size > MOST && oldest !== undefined) files.delete(oldest);
    },
    drop(operation: string): void {
      files.delete(operation);
    },
  };
}
export type FileUrls = ReturnType<typeof createFileUrls>;
