import './badge.css';

export type Tone = 'ok' | 'info' | 'warn' | 'bad' | 'idle';

/** A status in one or two words. The dot repeats it for the eye; the words carry it. */
export function Badge({ tone, children }: { tone: Tone; children: string }) {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}
