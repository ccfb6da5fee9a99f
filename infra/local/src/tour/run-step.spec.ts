import { runStep } from './run-step.ts';

const step = (run: () => Promise<unknown>, limitMs = 60_000) =>
  runStep({ name: 'import', run, limitMs, log: '/stack/importer.log' });

it('passes a step that ends, and names the one that fails', async () => {
  await expect(step(async () => undefined)).resolves.toBeUndefined();
  await expect(step(() => Promise.reject(new Error('no rows')))).rejects.toThrow(
    'step "import" failed: no rows',
  );
});

it('gives up a step that does not end, and says what to do', async () => {
  const stuck = step(() => new Promise(() => undefined), 50);
  await expect(stuck).rejects.toThrow(
    'step "import" failed: it took longer than 0 s; see /stack/importer.log; if it says nothing, run npm start again, ' +
      'or begin anew with npm start -- --fresh',
  );
});
