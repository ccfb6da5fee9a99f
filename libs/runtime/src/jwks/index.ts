// A door of its own, @core/runtime/jwks: who checks no signatures loads no jose.
export * from './key-source.ts';
export * from './public-keys.ts';
