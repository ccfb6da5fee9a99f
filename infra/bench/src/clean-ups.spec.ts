import { createCleanUps } from './clean-ups.ts';

it('runs them last in, first out, and each once, whenever it was added', async () => {
  const ran: string[] = [];
  const cleanUps = createCleanUps();
  cleanUps.add(() => ran.push('first'));
  cleanUps.add(async () => {
    await null;
    ran.push('second');
  });
  const interrupted = cleanUps.run();
  cleanUps.add(() => ran.push('started meanwhile'));
  await Promise.all([interrupted, cleanUps.run()]);
  expect(ran).toEqual(['started meanwhile', 'second', 'first']);
  await cleanUps.run();
  expect(ran).toHaveLength(3);
});
