import { createMeter } from './meter.ts';

describe('createMeter', () => {
  it('finds the second with the most requests at any offset', () => {
    const meter = createMeter();
    expect(meter.worst()).toBe(0);
    for (const at of [0, 900, 1_000, 1_500, 1_899, 1_900, 5_000]) meter.add(at);
    expect(meter.worst()).toBe(4); // 900 to 1,899: 1,900 is a second after 900
  });

  it('stays correct and small over many requests', () => {
    const meter = createMeter();
    for (let i = 0; i < 100_000; i++) meter.add(i * 25);
    expect(meter.worst()).toBe(40);
  });
});
