import { metricsOf } from './read-metrics.ts';

const read = (text: string) => metricsOf({ 'a.ts': text });
const counter = { name: 'core_a', help: 'A figure', type: 'counter', labels: ['b'], file: 'a.ts' };
const declaration = "({ name: 'core_a', help: 'A figure', labelNames: ['b'] as const })";

it.each([
  `new Counter${declaration}`,
  `import { Counter } from '@core/runtime';\nnew Counter<'b'>${declaration}`,
  `import { Counter as C, type Gauge } from '@core/runtime';\nnew C${declaration}`,
  `import * as prom from 'prom-client';\nnew prom.Counter${declaration}`,
  "const labelNames = ['b'] as const;\nnew Counter({ name: 'core_' + 'a', help: 'A figure', labelNames })",
])('reads the declaration %j', (text) => expect(read(text)).toEqual([counter]));

it.each([
  ["new Gauge({ name: 'core_a' + suffix, help: 'A figure' });", 'the name and help'],
  ['new Counter(options);', 'the options'],
  ["new Counter({ ...shared, name: 'core_a', help: 'A figure' });", 'the options'],
  ["const name = 'core_a'; new Counter({ name, help: 'A figure' });", 'the name'],
  ["new Summary({ name: 'core_a', help: 'A figure', labelNames: LABELS });", 'the labels'],
])('refuses a metric that a page cannot show: %s', (text, what) =>
  expect(() => read(text)).toThrow(`a.ts:1: ${what} of a metric must be literal`),
);

it.each([
  `\nclass Calls extends Counter {}\nnew Calls${declaration}`,
  `import { Counter as C } from '@core/runtime';\nclass Calls extends C {}`,
  `import * as prom from 'prom-client';\nconst Calls = class extends prom.Gauge {};`,
])('refuses a class of a metric: %j', (text) =>
  expect(() => read(text)).toThrow(
    'a.ts:2: a class extends a metric: create the metric by its own constructor',
  ),
);

it.each([
  `\nconst C = Counter; new C${declaration}`,
  `\ncreate(Counter, ${declaration.slice(1, -1)})`,
  `\nconst kinds = { Counter };`,
  `import { Counter as C } from '@core/runtime';\nconst kinds = [C];`,
  `\nexport { Counter as C };`,
])('refuses a constructor under another name: %j', (text) =>
  expect(() => read(text)).toThrow('a.ts:2: the constructor of a metric is used as a value'),
);

it('accepts types, and other things of the same names', () =>
  expect(
    read(`import { Counter, type Gauge } from '@core/runtime';
      import { Page as Summary } from './page.ts';
      export { Counter, Gauge } from '@core/runtime';
      interface Metrics { calls: Counter<'a'>; Gauge: typeof Counter; read(of: { Counter: number }): Gauge }
      const is = (metric: unknown) => metric instanceof Counter;
      new Summary(options);`),
  ).toEqual([]));

describe('a helper that creates metrics', () => {
  const helper = `export const show = (registry: Registry, name: string, help: string) =>
    new Counter({ name, help, labelNames: ['b'] });\n`;
  const call = "show(registry, 'core_a', 'A figure');";

  it.each([
    helper + call,
    `export function show(registry: Registry, name: string, help: string) {
       new Counter({ labelNames: ['b'], help, name, collect() { this.set(1); } });
     }
     ${call}`,
  ])('is read in its own file: %j', (text) => expect(read(text)).toEqual([counter]));

  it.each<[string, string, string]>([
    ['a relative import', 'apps/x/src/b/c.ts', `import { show } from './b/c.ts';\n${call}`],
    ['a package', 'libs/b/src/c/d.ts', `import { show } from '@core/b';\n${call}`],
    ['an alias', 'libs/b/src/c.ts', `import { show as s } from '@core/b';\n${call.replace('show', 's')}`],
  ])('is read through %s', (_, home, text) =>
    expect(metricsOf({ 'apps/x/src/a.ts': text, [home]: helper })).toEqual([
      { ...counter, file: 'apps/x/src/a.ts' },
    ]),
  );

  it('is read through a helper that calls it', () => {
    const outer = `import { show } from '@core/c';
      export function showBytes(help: string, bytes: Bytes, name: string) {
        show(bytes.registry, name, help);
      }`;
    const text = "import { showBytes } from '../b.ts';\nshowBytes('A figure', bytes, 'core_a');";
    const files = { 'apps/x/src/c/a.ts': text, 'apps/x/src/b.ts': outer, 'libs/c/src/d.ts': helper };
    expect(metricsOf(files)).toEqual([{ ...counter, file: 'apps/x/src/c/a.ts' }]);
  });

  it('may have a name that another file uses for another helper', () =>
    expect(metricsOf({ 'a.ts': helper + call, 'b.ts': helper.replace("['b']", "['c']") })).toEqual([
      counter,
    ]));

  it('must have a name that its callers can tell apart', () => {
    const twice = `{ ${helper.replace('export ', '')} } { ${helper.replace('export ', '')} ${call} }`;
    expect(() => read(twice)).toThrow('a.ts: two helpers that create metrics have the name show');
    const files = { 'libs/b/src/c.ts': helper, 'libs/b/src/d.ts': helper };
    const text = `import { show } from '@core/b';\n${call}`;
    expect(() => metricsOf({ ...files, 'a.ts': text })).toThrow('a.ts: two helpers');
  });

  it.each([
    [`\n${call}`, 'show does not create a metric'],
    [`import { show } from './d.ts';\n${call}`, 'show does not create a metric'],
    ["\nregister.show('core_a', 'A figure');", 'register.show does not create a metric'],
    ["\nshow({ name: 'core_a', help: 'A figure' });", 'core_a is declared without a constructor'],
    ["\nconst all = [{ name: 'core_a', help: 'A figure' }];", 'core_a is declared without a constructor'],
    [
      "import { show } from './b.ts';\nshow(registry, 'core_' + a, 'A figure');",
      'the name and help of a metric must be literal',
    ],
    [
      "import { show } from './b.ts';\nshow(registry, NAME, HELP);",
      'the name and help of a metric must be literal',
    ],
    [
      "import { show } from './b.ts';\nconst reports = [show];",
      'show creates a metric, so only a call of it can be read',
    ],
    ['\nfor (const [name, help] of ALL) new Gauge({ name, help });', 'the name of a metric must be literal'],
    [
      '\nconst make = ({ name, help }: Named) => new Gauge({ name, help });',
      'the name of a metric must be literal',
    ],
  ])('is refused where it cannot be followed: %j', (text, problem) =>
    expect(() => metricsOf({ 'a.ts': text, 'b.ts': helper })).toThrow(`a.ts:2: ${problem}`),
  );
});
