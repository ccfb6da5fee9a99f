import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Client } from 'pg';
import { allTopics, TOPIC_PARTITIONS } from '@core/contracts';
import { connectKafka } from '@core/events';
import { fromSources, testServices } from '@core/testing';
import { commands } from '../src/commands.ts';
import { ops as inProcess, spawnOps as ops } from './support.ts';

describe('usage', () => {
  it.each([[['--help']], [['-h']], [[]]])('%j lists the commands', async (args) => {
    const { code, stdout } = await ops(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}migrate .*\n {2}topics /m);
  });

  it.each(['migrat', 'constructor', 'toString'])('refuses the unknown command %s', async (name) => {
    const { code, stderr } = await ops([name]);
    expect(code).toBe(2);
    expect(stderr).toContain(`unknown command ${name}`);
    expect(stderr).toContain('  topics ');
  });

  it('lists the commands of a group, and describes one command', async () => {
    const group = await ops(['dlq']);
    expect(group.code).toBe(2);
    expect(group.stderr).toMatch(/^dlq: which command\?\nusage: .+\n {2}dlq list .+\n {2}dlq show /);
    const help = await ops(['dlq', '--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).not.toContain('migrate');
    const one = await ops(['dlq', 'redrive', '--help']);
    expect(one).toMatchObject({ code: 0, stderr: '' });
    for (const word of ['--yes', '--reason <word>', '--json', 'KAFKA_BROKER', 'CORE_DB_PASSWORD']) {
      expect(one.stdout).toContain(word);
    }
  });

  it.each([['--help'], ['privacy', 'cancel', '--help']])(
    'exits with 0 when the reader of %j closes stdout',
    async (...args) => {
      const run = fromSources('apps/ops/src/main.ts', ...args);
      const child = spawn(process.execPath, run.args, { env: run.env });
      child.stdout.destroy();
      let stderr = '';
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      const [code] = (await once(child, 'close')) as [number];
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    },
  );

  const needing = (variable: string) =>
    commands('unused')
      .filter(({ env }) => variable in env)
      .map(({ name }) => name);
  it.each(['CORE_DB_HOST', 'KAFKA_BROKER'])('requires %s in every command that uses it', async (variable) => {
    const names = needing(variable);
    expect(names).toContain(variable === 'KAFKA_BROKER' ? 'topics' : 'migrate');
    for (const name of names) {
      const { code, stderr } = await inProcess(name.split(' '), {});
      expect([name, code, stderr]).toEqual([
        name,
        1,
        expect.stringContaining(`  ${variable}: is required, because`),
      ]);
    }
  });

  it('reports a wrong environment without a stack trace', async () => {
    const { code, stderr } = await ops(['migrate'], { CORE_DB_PORT: '1' });
    expect(code).toBe(1);
    expect(stderr).toContain('CORE_DB_PASSWORD: is required');
    expect(stderr).not.toContain('    at ');
  });
});

describe('migrate', () => {
  const name = `ops_${randomUUID().replaceAll('-', '')}`;
  const owner = new URL(testServices().postgres.url);
  const admin = new Client(testServices().postgres.adminUrl);
  beforeAll(async () => {
    await admin.connect();
    await admin.query(`create database ${name} owner core_owner`);
  });
  afterAll(async () => {
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
  });

  it('brings a database to the schema, and can be run again', async () => {
    const env = {
      CORE_DB_HOST: owner.hostname,
      CORE_DB_PORT: owner.port,
      CORE_DB_NAME: name,
      CORE_DB_USER: owner.username,
      CORE_DB_PASSWORD: owner.password,
    };
    for (let time = 0; time < 2; time++) {
      expect(await ops(['migrate'], env)).toEqual({
        code: 0,
        stdout: `${name} has this build's schema\n`,
        stderr: '',
      });
    }
    const client = new Client(Object.assign(new URL(owner), { pathname: `/${name}` }).href);
    await client.connect();
    expect((await client.query('select from outbox_shards')).rowCount).toBe(4);
    await client.end();
  });
});

describe('topics', () => {
  it('creates missing topics, and none the second time', async () => {
    const { broker } = testServices().kafka;
    expect(await ops(['topics'], { KAFKA_BROKER: broker })).toMatchObject({ code: 0, stderr: '' });
    expect(await ops(['topics'], { KAFKA_BROKER: broker })).toEqual({
      code: 0,
      stdout: 'every topic exists\n',
      stderr: '',
    });
    const kafka = connectKafka({ brokers: [broker], clientId: 'spec' });
    expect(await ops(['topics', '--json'], { KAFKA_BROKER: broker })).toMatchObject({
      code: 0,
      stdout: JSON.stringify({ created: [], drift: [] }, null, 2) + '\n',
    });
    const described = await kafka.describeTopics(allTopics(), ['min.insync.replicas']);
    for (const { replicas, config } of described) {
      expect([replicas, config]).toEqual([1, { 'min.insync.replicas': '1' }]);
    }
    for (const topic of allTopics()) expect(await kafka.endOffsets(topic)).toHaveLength(TOPIC_PARTITIONS);
  });
});
