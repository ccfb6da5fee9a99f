// Loaded into each process of the api by --import, with ?dir= in its name. Writes down the longest time that the event
// loop was held by work of its own: CPU time of the main thread between two turns of a timer. Wall time would blame the
// process for what others do on its cores.
import { existsSync, writeFileSync } from 'node:fs';

const EVERY_MS = 10;

const dir = new URL(import.meta.url).searchParams.get('dir');
const file = `${dir}/stall-${process.pid}`;
let longest = 0;
let last = process.threadCpuUsage();
// Loading the program is no request: the suite says when it begins.
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
