export * from './default-thresholds.ts';
export * from './segments.ts';
export * from './validate-thresholds.ts';
