export * from './ensure-system.ts';
