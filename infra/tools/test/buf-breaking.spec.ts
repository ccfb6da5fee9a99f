import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';

// Tests the rules of proto/buf.yaml with changes of an event that would break its consumers or producers.
const root = workspaceRoot();
let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'core-breaking-'));
  cpSync(join(root, 'proto'), scratch, { recursive: true });
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

/**
 * Returns the output of `buf breaking` after one change of events.proto; empty when it accepts the change.
 */
function breaking(from: string, to: string): string {
  const file = join(scratch, 'events/v1/events.proto');
  const proto = readFileSync(file, 'utf8');
  expect(proto).toContain(from);
  writeFileSync(file, proto.replace(from, to));
  const { status, stdout, stderr } = spawnSync(
    join(root, 'node_modules/.bin/buf'),
    ['breaking', '--against', 'baseline.binpb'],
    { cwd: scratch, encoding: 'utf8' },
  );
  expect([0, 100]).toContain(status); // 100: it found a breaking change
  return stdout + stderr;
}

it.each([
  ['a field is removed', '  string segment = 4;\n', ''],
  ['a field is renamed', 'string segment = 4;', 'string group = 4;'],
  [
    'only the snake_case name changes, which is the name in the JSON body',
    'string segment = 4;',
    'string group = 4 [json_name = "segment"];',
  ],
  ['only the camelCase name changes', 'string segment = 4;', 'string segment = 4 [json_name = "group"];'],
  ['a type changes', 'int32 recency = 1;', 'string recency = 1;'],
  ['a list becomes one value', 'repeated string changed_fields = 5;', 'string changed_fields = 5;'],
  ['a message is removed', /message GdprRequestCreated \{[^}]+\}/s, ''],
] as const)('is refused when %s', (_, from, to) => {
  const file = readFileSync(join(root, 'proto/events/v1/events.proto'), 'utf8');
  const text = typeof from === 'string' ? from : (from.exec(file)?.[0] ?? '');
  expect(breaking(text, to)).not.toBe('');
});

it.each([
  ['a field is added', 'string segment = 4;', 'string segment = 4;\n  string mood = 8;'],
  ['a message is added', 'message RfmScorePayload {', 'message Added {}\n\nmessage RfmScorePayload {'],
])('is accepted when %s', (_, from, to) => expect(breaking(from, to)).toBe(''));
