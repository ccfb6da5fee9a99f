import { runStep } from './run-step.ts';

const step = (run: () => Promise<unknown>, limitMs = 60_000) =>
  runStep({ name: 'import', run, limitMs, log: '/stack/importer.log' });

it('resolves when the step completes, and names a step that fails', async () => {
  await expect(step(async () => undefined)).resolves.toBeUndefined();
  await expect(step(() => Promise.reject(new Error('no rows')))).rejects.toThrow(
    'step "import" failed: no rows',
  );
});

it('stops waiting for a step after its time limit, and gives advice', async () => {
  const stuck = step(() => new Promise(() => undefined), 50);
  await expect(stuck).rejects.toThrow(
    'step "import" failed: it took longer than 0 s; see /stack/importer.log. If the log shows no reason, run npm start ' +
      'again, or start with empty data: npm start -- --fresh',
  );
});
