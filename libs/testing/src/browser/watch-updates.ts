/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { fromBinary } from '@bufbuild/protobuf';
import { WatchCustomerImportResponseSchema } from '@core/contracts';
import type { Page } from 'playwright-core';

/** The updates of an import that arrived at a page, and what the page showed. */
export interface WatchedUpdates {
  /** The number of updates that arrived. */
  arrived(): number;
  /** The counts of the updates that the page never showed. */
  dropped(): string[];
}

declare global {
  interface Window {
    /** Bindings of this file. */
    reportChunk: (stream: number, at: number, base64: string) => void;
    reportShown: (text: string) => void;
  }
}

interface Update {
  at: number;
  read: string;
}

/**
 * Two updates that arrive within this time count as one, because a person could not see the first. The api
 * sends one a second, so this happens only to a page that was starved of CPU.
 */
const TOGETHER_MS = 100;
/** The flags and the length before a message: connectrpc.com/docs/protocol. */
const HEAD = 5;
const LAST = 0b10;

/** Watches a page that was not opened yet: the updates that arrive below its client, and those it shows. */
export async function watchUpdates(page: Page): Promise<WatchedUpdates> {
  const updates: Update[] = [];
  const shown = new Set<string>();
  const rest = new Map<number, Buffer>();
  await page.exposeFunction('reportShown', (text: string) => void shown.add(text.split(' ')[0] ?? ''));
  await page.exposeFunction('reportChunk', (stream: number, at: number, base64: string) => {
    let bytes = Buffer.concat([rest.get(stream) ?? Buffer.alloc(0), Buffer.from(base64, 'base64')]);
    while (bytes.length >= HEAD && bytes.length >= HEAD + bytes.readUInt32BE(1)) {
      const end = HEAD + bytes.readUInt32BE(1);
      if (!((bytes[0] ?? 0) & LAST)) updates.push({ at, read: readOf(bytes.subarray(HEAD, end)) });
      bytes = bytes.subarray(end);
    }
    rest.set(stream, bytes);
  });
  await page.addInitScript(report);
  return {
    arrived: () => updates.length,
    dropped: () =>
      updates
        .filter(({ at }, n) => (updates[n + 1]?.at ?? Infinity) - at > TOGETHER_MS)
        .map(({ read }) => read)
        .filter((read) => !shown.has(read)),
  };
}

const readOf = (message: Uint8Array): string =>
  Number(fromBinary(WatchCustomerImportResponseSchema, message).customerImport?.read ?? 0).toLocaleString(
    'en-US',
  );

/** Runs in the page, before its scripts. */
function report(): void {
  const original = window.fetch.bind(window);
  let streams = 0;
  window.fetch = async (input, init) => {
    const response = await original(input, init);
    const url = input instanceof Request ? input.url : String(input);
    if (!url.includes('/WatchCustomerImport') || !response.body) return response;
    const [ours, theirs] = response.body.tee();
    const stream = ++streams;
    const read = async () => {
      const reader = ours.getReader();
      for (;;) {
        const { value } = await reader.read();
        if (!value) return;
        window.reportChunk(stream, performance.now(), btoa(String.fromCharCode(...value)));
      }
    };
    // The page ends the stream when it leaves.
    read().catch(() => undefined);
    return new Response(theirs, response);
  };
  const tell = () => {
    const text = [...document.querySelectorAll('.progress-figures span')]
      .map((each) => each.textContent)
      .find((each) => each);
    if (text) window.reportShown(text);
  };
  new MutationObserver(tell).observe(document, { childList: true, characterData: true, subtree: true });
}
