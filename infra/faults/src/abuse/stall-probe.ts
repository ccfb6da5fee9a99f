// Loaded into each process of the api by --import, with ?dir= in its name. Records the longest stall of the
// event loop that the process itself caused: CPU time of the main thread between two ticks of a timer. Wall
// time would include the work of other processes on the same cores.
import { existsSync, writeFileSync } from 'node:fs';

const EVERY_MS = 10;

const dir = new URL(import.meta.url).searchParams.get('dir');
const file = `${dir}/stall-${process.pid}`;
let longest = 0;
let last = process.threadCpuUsage();
// Loading the program does not count: the suite signals the start.
let begun = false;
setInterval(() => {
  const used = process.threadCpuUsage();
  const held = (used.user - last.user + used.system - last.system) / 1_000;
  last = used;
  begun ||= existsSync(`${dir}/measure`);
  if (!begun || held <= longest) return;
  longest = held;
  writeFileSync(file, String(Math.round(held)));
}, EVERY_MS).unref();
