/** A progress bar on a terminal; elsewhere a plain line every few seconds. */
export interface Progress {
  update(done: number, total: number, note: string): void;
  end(): void;
}

const WIDTH = 30;
const PLAIN_EVERY_MS = 2_000;

export function createProgress(out: NodeJS.WriteStream = process.stdout): Progress {
  let saidAt = 0;
  let drawn = false;
  return {
    update(done, total, note) {
      const share = total > 0 ? Math.min(1, done / total) : 0;
      const counts = `${done.toLocaleString('en')} of ${total.toLocaleString('en')}`;
      if (out.isTTY) {
        const filled = Math.round(share * WIDTH);
        out.write(`\r\u001b[K      [${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${counts}  ${note}`);
        drawn = true;
      } else if (Date.now() - saidAt >= PLAIN_EVERY_MS) {
        saidAt = Date.now();
        out.write(`      ${Math.round(share * 100)} %  ${counts}  ${note}\n`);
      }
    },
    end() {
      if (drawn) out.write('\r\u001b[K');
      drawn = false;
    },
  };
}
