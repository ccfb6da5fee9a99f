import { expectState, type ExpectedState, type Facts } from './expect-state.ts';

type Given = Partial<Pick<Facts, 'connected' | 'disconnected' | 'imported'>> & {
  close?: number[];
  uninstalled?: number[];
  reported?: number[];
  redacted?: [of: number, hours: number][];
};

const factsOf = ({ close, uninstalled, reported, redacted, ...given }: Given): Facts => ({
  connected: 0,
  disconnected: false,
  imported: false,
  ...given,
  close: new Set(close),
  uninstalled: new Set(uninstalled),
  reported: new Set(reported),
  redacted: new Map(redacted),
});

const LEFT = { connected: 1, imported: true, uninstalled: [1], reported: [1] };

it.each<[string, Given, ExpectedState]>([
  ['never opened', { uninstalled: [1], reported: [1] }, { shop: 'unknown', customers: 'none' }],
  ['connected', { connected: 1, imported: true }, { shop: 'connected', customers: 'all' }],
  ['connected without an import', { connected: 1 }, { shop: 'connected', customers: 'any' }],
  ['disconnected', { connected: 1, disconnected: true }, { shop: 'disconnected', customers: 'any' }],
  [
    'disconnected, and then uninstalled',
    { ...LEFT, disconnected: true },
    { shop: 'disconnected', customers: 'all' },
  ],
  [
    'disconnected, and then uninstalled and redacted',
    { ...LEFT, disconnected: true, redacted: [[1, 76]] },
    { shop: 'unknown', customers: 'none' },
  ],
  ['uninstalled, not reported', { ...LEFT, reported: [] }, { shop: 'any', customers: 'all' }],
  ['uninstalled, reported', LEFT, { shop: 'uninstalled', customers: 'all' }],
  ['redacted', { ...LEFT, redacted: [[1, 76]] }, { shop: 'unknown', customers: 'none' }],
  [
    'redacted, not reported',
    { ...LEFT, reported: [], redacted: [[1, 76]] },
    { shop: 'unknown', customers: 'none' },
  ],
  [
    'left twice within ten minutes, once unreported, and redacted',
    { ...LEFT, connected: 2, close: [1, 2], uninstalled: [1, 2], redacted: [[1, 10]] },
    { shop: 'any', customers: 'any' },
  ],
  [
    'left twice within ten minutes, and redacted once',
    { ...LEFT, connected: 2, close: [1, 2], uninstalled: [1, 2], reported: [1, 2], redacted: [[1, 10]] },
    { shop: 'uninstalled', customers: 'all' },
  ],
  [
    'left twice, once unreported, and redacted for the first time',
    { ...LEFT, connected: 2, uninstalled: [1, 2], reported: [2], redacted: [[1, 10]] },
    { shop: 'uninstalled', customers: 'all' },
  ],
  ['about to be redacted', { ...LEFT, redacted: [[1, 77]] }, { shop: 'any', customers: 'any' }],
  ['waiting for its redaction', { ...LEFT, redacted: [[1, 90]] }, { shop: 'uninstalled', customers: 'all' }],
  [
    'connected again before the redaction',
    { ...LEFT, connected: 2, redacted: [[1, 10]] },
    { shop: 'connected', customers: 'all' },
  ],
  [
    'installed again, and not opened',
    { ...LEFT, uninstalled: [1, 2], reported: [1, 2], redacted: [[1, 10]] },
    { shop: 'unknown', customers: 'none' },
  ],
  [
    'redacted in reverse, as far as it has arrived',
    { ...LEFT, connected: 2, uninstalled: [1, 2], reported: [1, 2], redacted: [[1, 10]] },
    { shop: 'uninstalled', customers: 'all' },
  ],
])('a shop that was %s', (_, given, expected) => expect(expectState(factsOf(given), 100)).toEqual(expected));
