import { randomUUID } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import { ROW_REASONS, type ImportRun } from '@core/domain';
import { aMerchantId, insertConnection } from '@core/testing';
import { openOps, ops as runOps, type CommandResult, type OpsWorld } from './support.ts';

type Setting = Parameters<typeof runOps>[2];

let stack: OpsWorld;
let env: Record<string, string>;
beforeAll(async () => {
  stack = await openOps();
  env = stack.envAs('core_api');
});
afterAll(() => stack.close());

const ops = (args: readonly string[], setting: Setting = {}) => runOps(['import', ...args], env, setting);
const opsJson = async (args: readonly string[], setting: Setting = {}) => {
  const result = await ops([...args, '--json'], setting);
  return { ...result, json: JSON.parse(result.stdout) as Record<string, unknown> };
};

/** Creates a merchant with a connected shop. */
async function connected() {
  const merchantId = aMerchantId();
  const shop = `shop-${merchantId.slice(0, 8)}.myshopify.com`;
  await insertConnection(stack.owner, { merchantId, shop, shopId: 7 });
  return { merchantId, shop };
}

/** Creates a merchant with a connected shop and a pending import. */
async function started() {
  const { merchantId, shop } = await connected();
  const { json } = await opsJson(['start', '--shop', shop, '--merchant', merchantId]);
  const importId = String(json['import_id']);
  return { merchantId, shop, importId, args: [importId, '--merchant', merchantId] };
}

/** Writes the import's state, in place of an importer. */
async function advance(
  importId: string,
  change: Partial<Record<'status' | 'expected' | 'waiting_reason' | 'error', string | number>>,
  read = 0,
): Promise<void> {
  const { status, expected, waiting_reason: waiting, error } = change;
  await stack.owner.query(
    `update customer_import_logs
        set status = coalesce($2, status), expected = coalesce($3::bigint, expected), waiting_reason = $4, error = $5,
            started_at = coalesce(started_at, now() - interval '10 s'),
            finished_at = case when $2 in ('pending', 'running') then null else now() end
      where id = $1`,
    [importId, status ?? 'running', expected ?? null, waiting ?? null, error ?? null],
  );
  await stack.owner.query('update customer_import_slices set read = $2, created = $2 where import_id = $1', [
    importId,
    read,
  ]);
}

const statusOf = async (importId: string): Promise<ImportRun['status']> =>
  (await stack.owner.query('select status from customer_import_logs where id = $1', [importId])).rows[0]
    .status;
const audited = async (merchantId: MerchantId) =>
  (
    await stack.owner.query(
      'select actor, action, detail from audit_log where merchant_id = $1 order by id',
      [merchantId],
    )
  ).rows;

/** Runs a watch, and runs each step once a line matches. */
async function watching(
  args: readonly string[],
  steps: readonly [pattern: RegExp, then: () => Promise<unknown>][],
  setting: Setting = {},
): Promise<CommandResult> {
  const left = [...steps];
  const acts: Promise<unknown>[] = [];
  const result = await ops(args, {
    ...setting,
    onNote: (line) => {
      if (!left[0]?.[0].test(line)) return;
      acts.push(left.shift()![1]());
    },
  });
  await Promise.all(acts);
  expect(left).toEqual([]);
  return result;
}

describe('import start', () => {
  it('starts an import at once and writes an audit row', async () => {
    const { merchantId, shop } = await connected();
    const result = await ops([
      'start',
      '--shop',
      shop.toUpperCase(),
      '--source',
      'bulk',
      '--merchant',
      merchantId,
      '--actor',
      'ada',
    ]);
    const [, importId] =
      /^started import (\S+)\nwatch it with: npm run ops -- import watch \1 /.exec(result.stdout) ?? [];
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(await statusOf(importId!)).toBe('pending');
    expect(await audited(merchantId)).toEqual([
      {
        actor: 'ops:ada',
        action: 'import.start',
        detail: { import_id: importId, shop, source: 'bulk', mode: 'full' },
      },
    ]);
  });

  it('uses the merchant of the local stack by default', async () => {
    const { merchantId, shop } = await connected();
    const result = await runOps(['import', 'start', '--shop', shop, '--json'], {
      ...env,
      DEV_MERCHANT_ID: merchantId,
    });
    expect(JSON.parse(result.stdout)).toMatchObject({ merchant_id: merchantId, shop });
  });

  it('names the next step for a shop that is not connected, and for one with a running import', async () => {
    const merchantId = aMerchantId();
    const unknown = await ops(['start', '--shop', 'nobody.myshopify.com', '--merchant', merchantId]);
    expect(unknown).toEqual({
      code: 1,
      stdout: '',
      stderr: 'shop: nobody.myshopify.com is not connected; install the app in it, or call ConnectShop\n',
    });
    const run = await started();
    const again = await ops(['start', '--shop', run.shop, '--merchant', run.merchantId]);
    expect(again).toEqual({
      code: 1,
      stdout: '',
      stderr:
        `shop: import ${run.importId} of ${run.shop} is still running; ` +
        `watch it with: npm run ops -- import watch ${run.importId} --merchant ${run.merchantId}\n`,
    });
  });

  it('watches the import to its end', async () => {
    const { merchantId, shop } = await connected();
    let importId = '';
    const result = await watching(
      ['start', '--shop', shop, '--merchant', merchantId, '--watch'],
      [
        [/^started import /, async () => undefined],
        [
          /^pending: waits for an importer$/,
          async () => {
            const { rows } = await stack.owner.query('select id from customer_import_logs where shop = $1', [
              shop,
            ]);
            importId = rows[0].id;
            await advance(importId, { expected: 400 }, 100);
          },
        ],
        [
          /^100 of 400 customers read, \d+\/s, \d+s left$/,
          () => advance(importId, { status: 'completed' }, 400),
        ],
      ],
    );
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(
      new RegExp(
        `^import ${importId} of ${shop}: completed\nfull by .*\n400 of 400 customers read: 400 created, `,
      ),
    );
  });
});

describe('import list and show', () => {
  it('list the newest imports first, up to the limit', async () => {
    const run = await started();
    await advance(run.importId, { status: 'completed', expected: 7 }, 7);
    const { json: newest } = await opsJson(['start', '--shop', run.shop, '--merchant', run.merchantId]);
    const { stdout } = await ops(['list', '--merchant', run.merchantId]);
    expect(stdout).toMatch(/^import +shop +status +source +mode +trigger +read +expected +age$/m);
    const ids = [newest['import_id'], run.importId];
    expect(stdout.match(/^[0-9a-f-]{36}/gm)).toEqual(ids);
    expect(stdout).toMatch(
      new RegExp(`^${run.importId} +${run.shop} +completed +auto +full +caller +7 +7 +\\d+s$`, 'm'),
    );
    const { json } = await opsJson(['list', '--merchant', run.merchantId, '--limit', '1']);
    expect(json).toMatchObject({
      imports: [{ import_id: ids[0], status: 'pending', expected: null, rate: 0 }],
    });
  });

  it('show counters, rate, remaining time and the waiting reason', async () => {
    const { importId, merchantId, args, shop } = await started();
    await advance(importId, { expected: 4_000, waiting_reason: 'Shopify asks to wait 2.0 s' }, 1_000);
    const { stdout } = await ops(['show', ...args]);
    expect(stdout.split('\n')).toEqual([
      `import ${importId} of ${shop}: running`,
      expect.stringMatching(/^full by a source not yet chosen; started \S+Z$/),
      '1,000 of 4,000 customers read: 1,000 created, 0 updated, 0 unchanged, 0 skipped, 0 failed, 0 deleted',
      expect.stringMatching(/^\d+\/s, \d\S* left; Shopify asks to wait 2\.0 s$/),
      '',
    ]);
    const { json } = await opsJson(['show', '--import', importId, '--merchant', merchantId]);
    expect(json).toMatchObject({
      import_id: importId,
      merchant_id: merchantId,
      status: 'running',
      read: 1_000,
      waiting_reason: 'Shopify asks to wait 2.0 s',
      finished_at: null,
    });
    expect(json['rate']).toBeGreaterThan(0);
    expect(json['eta_seconds']).toBeGreaterThan(0);
  });

  it('show why an import failed and how to continue it', async () => {
    const { importId, merchantId, args } = await started();
    await advance(importId, { status: 'failed', error: 'Shopify has locked the shop.' });
    expect((await ops(['show', ...args])).stdout).toMatch(
      new RegExp(
        `^Shopify has locked the shop\\.\ncontinue with: npm run ops -- import resume ${importId} --merchant ${merchantId} --yes\n$`,
        'm',
      ),
    );
  });
});

describe('import watch', () => {
  it('draws a bar on a terminal', async () => {
    const { importId, args } = await started();
    await advance(importId, { expected: 300 }, 100);
    const result = await watching(
      ['watch', ...args],
      [
        [/^█{10}░{20} 100 of 300 customers read, /, () => advance(importId, { expected: 300 }, 200)],
        [
          /^█{20}░{10} 200 of 300 customers read, \d+\/s, \d+s left$/,
          () => advance(importId, { status: 'completed_with_errors' }, 300),
        ],
      ],
      { answer: true },
    );
    expect(result.code).toBe(0);
    expect(result.stdout).toContain(`import ${importId} `);
  });

  it('prints changes at once without a terminal, and with --json only the import on stdout', async () => {
    const { importId, args } = await started();
    const result = await watching(
      ['watch', ...args, '--json'],
      [
        [/^pending: /, () => advance(importId, {}, 7)],
        [
          /^7 customers read, \d+\/s$/,
          () => advance(importId, { expected: 9, waiting_reason: 'Shopify asks to wait 9.0 s' }, 8),
        ],
        [
          /^8 of 9 customers read, .+; Shopify asks to wait 9\.0 s$/,
          () => advance(importId, { status: 'completed' }, 9),
        ],
      ],
    );
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      import_id: importId,
      status: 'completed',
      read: 9,
      eta_seconds: null,
    });
  });

  it('reports that the count is checked once all customers are read', async () => {
    const { importId, args } = await started();
    await advance(importId, { expected: 9 }, 9);
    const result = await watching(
      ['watch', ...args],
      [
        [
          /^9 of 9 customers read, \d+\/s, checking the count$/,
          () => advance(importId, { status: 'completed' }, 9),
        ],
      ],
    );
    expect(result.code).toBe(0);
  });

  it.each(['failed', 'incomplete', 'cancelled'])('fails when the import ends %s', async (status) => {
    const { importId, args } = await started();
    await advance(importId, { status, error: 'for a reason' });
    const result = await ops(['watch', ...args]);
    expect(result).toMatchObject({ code: 1, stderr: '' });
    expect(result.stdout).toMatch(new RegExp(`^import ${importId} of \\S+: ${status}\n`));
    expect(result.stdout).toContain('\nfor a reason\ncontinue with: ');
  });

  it('stops only the watch on Ctrl-C, and prints the command that resumes it', async () => {
    const { importId, merchantId, args } = await started();
    const watchAgain = `npm run ops -- import watch ${importId} --merchant ${merchantId}`;
    const result = await ops(['watch', ...args], { stopWhen: /^pending/ });
    expect(result).toEqual({
      code: 1,
      stdout: `stopped watching; import ${importId} continues\nwatch it again with: ${watchAgain}\n`,
      stderr: 'pending: waits for an importer\n',
    });
    expect(await statusOf(importId)).toBe('pending');
    const { json } = await opsJson(['watch', ...args], { stopWhen: /^pending/ });
    expect(json).toMatchObject({ status: 'pending', continue_with: watchAgain });
  });

  it('keeps watching when the database closes its connection', async () => {
    const { importId, args } = await started();
    const result = await watching(
      ['watch', ...args],
      [
        [
          /^pending: /,
          async () => {
            await stack.endSessionsOf('core_api');
            await advance(importId, { expected: 9 }, 3);
          },
        ],
        [/^3 of 9 /, () => advance(importId, { status: 'completed' }, 9)],
      ],
    );
    expect(result.code).toBe(0);
  });
});

describe('import errors', () => {
  const withErrors = async () => {
    const run = await started();
    await stack.given.importErrors(
      run,
      [1, 2, 3, 4, 5].map((n) => ({
        externalId: `gid://shopify/Customer/${n}`,
        reason: n < 3 ? 'invalid_email' : 'email_shared',
      })),
    );
    return run;
  };

  it('are listed page by page, with explanations for the merchant and for support', async () => {
    const { args, importId, merchantId } = await withErrors();
    const { stdout } = await ops(['errors', ...args]);
    expect(stdout).toMatch(/^customer +reason +effect +when$/m);
    expect(stdout).toMatch(/^gid:\/\/shopify\/Customer\/1 +invalid_email +stored without a field +20/m);
    expect(stdout).toMatch(/^gid:\/\/shopify\/Customer\/5 +email_shared +stored, with a note +20/m);
    for (const reason of ['invalid_email', 'email_shared'] as const) {
      expect(stdout).toContain(
        `${reason}:\n  to the merchant: ${ROW_REASONS[reason].merchant}\n  to support: ${ROW_REASONS[reason].support}\n`,
      );
    }
    const seen: unknown[] = [];
    let after: string[] = [];
    for (;;) {
      const { json } = await opsJson(['errors', ...args, '--limit', '2', ...after]);
      const { errors, next } = json as { errors: { external_id: string }[]; next: string | null };
      seen.push(...errors.map(({ external_id }) => external_id));
      if (next === null) break;
      after = ['--after', next];
    }
    expect(seen).toEqual([1, 2, 3, 4, 5].map((n) => `gid://shopify/Customer/${n}`));
    const page = await ops(['errors', ...args, '--limit', '2']);
    expect(page.stdout).toMatch(
      new RegExp(
        `^continue with: npm run ops -- import errors ${importId} --merchant ${merchantId} --after [0-9a-f-]{36}$`,
        'm',
      ),
    );
  });

  it('are listed by reason', async () => {
    const { args } = await withErrors();
    const { json } = await opsJson(['errors', ...args, '--reason', 'email_shared']);
    expect(json['errors']).toMatchObject(
      [3, 4, 5].map((n) => ({ external_id: `gid://shopify/Customer/${n}`, effect: 'note' })),
    );
    expect(await ops(['errors', ...args, '--reason', 'else'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^--reason: must be one of invalid_external_id, /),
    });
    const none = await started();
    expect((await ops(['errors', ...none.args])).stdout).toBe('no errors\n');
  });

  it('are not written for emails that Shopify withholds: one note covers all customers', async () => {
    const { importId, args } = await started();
    await advance(importId, { status: 'completed', expected: 3 }, 3);
    expect((await opsJson(['show', ...args])).json).toMatchObject({ notes: [] });
    await stack.owner.query('update customer_import_logs set emails_withheld = true where id = $1', [
      importId,
    ]);
    const note = expect.stringMatching(/read customers' emails.*level 2/) as string;
    expect((await ops(['show', ...args])).stdout).toMatch(/\nnote: Shopify does not let .* emails.*level 2/);
    expect((await opsJson(['watch', ...args])).json).toMatchObject({ notes: [note] });
  });

  it('are counted by `import show`, each reason with its explanations', async () => {
    const { importId, merchantId, args } = await started();
    await advance(importId, { status: 'completed_with_errors', expected: 3 }, 3);
    await stack.owner.query(
      `update customer_import_logs set row_errors = '{"invalid_metadata": 1, "email_shared": 1200}' where id = $1`,
      [importId],
    );
    const { stdout } = await ops(['show', ...args]);
    expect(stdout).toContain('not stored: 1 (invalid_metadata)\n');
    expect(stdout).toContain(`  to the merchant: ${ROW_REASONS.invalid_metadata.merchant}\n`);
    expect(stdout).toContain('stored, with a note: 1,200 (email_shared)\n');
    expect(stdout).toContain(
      `list them with: npm run ops -- import errors ${importId} --merchant ${merchantId}\n`,
    );
    expect((await opsJson(['show', ...args])).json).toMatchObject({
      errors_by_reason: { email_shared: 1_200, invalid_metadata: 1 },
    });
  });
});

describe('import cancel and resume', () => {
  it('do nothing without --yes, then cancel and resume with audit rows', async () => {
    const { importId, merchantId, shop, args } = await started();
    const dry = await ops(['cancel', ...args]);
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout).toMatch(
      /^import .+: pending\n[^]+\nwould cancel it\ndry run: nothing was done; --yes does it\n$/,
    );
    const refused = await ops(['cancel', ...args], { answer: false });
    expect(refused.stderr).toMatch(/would cancel it\ncancel it\?\n$/);
    expect(await statusOf(importId)).toBe('pending');

    const done = await ops(['cancel', ...args], { answer: true });
    expect(done.stdout).toBe(
      `import ${importId} is cancelled\ncontinue with: npm run ops -- import resume ${importId} --merchant ${merchantId} --yes\n`,
    );
    expect(await statusOf(importId)).toBe('cancelled');

    expect((await opsJson(['resume', ...args])).json).toMatchObject({ dry_run: true, status: 'cancelled' });
    expect(await statusOf(importId)).toBe('cancelled');
    const { json } = await opsJson(['resume', ...args, '--yes', '--actor', 'ada']);
    expect(json).toMatchObject({ dry_run: false, import_id: importId, shop, status: 'pending' });
    expect(await audited(merchantId)).toMatchObject([
      { action: 'import.start' },
      { action: 'import.cancel', detail: { import_id: importId } },
      { actor: 'ops:ada', action: 'import.resume', detail: { import_id: importId, was: 'cancelled' } },
    ]);
  });

  it('let the importer stop a running import', async () => {
    const { importId, args } = await started();
    await advance(importId, { status: 'running' });
    expect((await opsJson(['cancel', ...args, '--yes'])).json).toMatchObject({ status: 'cancelling' });
  });

  it('refuse an impossible action, also in a dry run', async () => {
    const { importId, merchantId, shop, args } = await started();
    for (const yes of [[], ['--yes']]) {
      expect(await ops(['resume', ...args, ...yes])).toMatchObject({
        code: 1,
        stdout: '',
        stderr: 'import: it is pending and cannot be resumed\n',
      });
    }
    await advance(importId, { status: 'completed' });
    for (const yes of [[], ['--yes']]) {
      expect((await ops(['cancel', ...args, ...yes])).stderr).toBe(
        'import: it is completed and cannot be cancelled\n',
      );
    }
    await advance(importId, { status: 'failed' });
    const { json } = await opsJson(['start', '--shop', shop, '--merchant', merchantId]);
    expect((await ops(['resume', ...args, '--yes'])).stderr).toBe(
      `shop: import ${String(json['import_id'])} of ${shop} is still running; ` +
        `watch it with: npm run ops -- import watch ${String(json['import_id'])} --merchant ${merchantId}\n`,
    );
  });
});

describe('refusals', () => {
  it.each(['show', 'errors', 'watch', 'cancel', 'resume'])(
    "%s refuses another merchant's import and names the list command",
    async (verb) => {
      const { importId } = await started();
      const merchantId = aMerchantId();
      expect(await ops([verb, importId, '--merchant', merchantId])).toEqual({
        code: 1,
        stdout: '',
        stderr: `merchant ${merchantId} has no such import; see: npm run ops -- import list --merchant ${merchantId}\n`,
      });
    },
  );

  it('names the required role to a role without permission', async () => {
    const { merchantId, shop } = await connected();
    const result = await stack.ops('import', 'start', '--shop', shop, '--merchant', merchantId);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(
      /^core_worker: permission denied .+; set CORE_DB_USER to core_api or the owner\n$/,
    );
  });

  it.each([
    [['start', '--merchant', randomUUID()], /^--shop: is required\n/],
    [['start', '--shop', 'a.myshopify.com'], /^--merchant: is required/],
    [
      ['start', '--shop', 'a.myshopify.com', '--source', 'csv'],
      /^--source: must be one of auto, bulk, graphql, rest\n/,
    ],
    [['start', 'a.myshopify.com'], /Unexpected argument 'a\.myshopify\.com'/],
    [['list'], /^--merchant: is required/],
    [['show', '--merchant', randomUUID()], /^--import: is required/],
    [['show', 'x'], /^--import: must be a UUID\n/],
    [['cancel', randomUUID(), randomUUID()], /^--import: is given more than once\n/],
  ])('refuses the usage %j', async (args, why) => {
    expect(await ops(args)).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(why) });
  });

  it('refuses a list for a merchant without stored data', async () => {
    const merchantId = aMerchantId();
    expect(await ops(['list', '--merchant', merchantId])).toEqual({
      code: 1,
      stdout: '',
      stderr: `--merchant: nothing is stored for merchant ${merchantId}\n`,
    });
    const { merchantId: known } = await connected();
    expect(await ops(['list', '--merchant', known])).toEqual({ code: 0, stdout: 'no imports\n', stderr: '' });
  });

  it('refuses a name that is not a shop domain', async () => {
    const result = await ops(['start', '--shop', 'example.com', '--merchant', randomUUID()]);
    expect(result).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^shop: must be a shop domain such as /),
    });
  });

  it('shows the positional argument in --help', async () => {
    expect((await ops(['watch', '--help'])).stdout).toMatch(
      /^usage: npm run ops -- import watch <uuid> \[flags\]\n/,
    );
  });
});
