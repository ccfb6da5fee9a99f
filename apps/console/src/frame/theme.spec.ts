import { applyTheme, readTheme } from './theme.ts';

const stored = (value: string | null) => () => ({ getItem: () => value });

it.each([
  [null, 'system'],
  ['dark', 'dark'],
  ['light', 'light'],
  ['<b>', 'system'],
])('reads the stored choice %s as %s', (value, theme) => expect(readTheme(stored(value))).toBe(theme));

it('works in a frame that may not store anything', () => {
  const refuse = () => {
    throw new Error('SecurityError');
  };
  expect(readTheme(refuse)).toBe('system');
  const root = { dataset: {} as DOMStringMap };
  applyTheme('dark', root, refuse);
  expect(root.dataset).toEqual({ theme: 'dark' });
  applyTheme('system', root, () => ({ setItem: () => undefined }));
  expect(root.dataset).toEqual({});
});
