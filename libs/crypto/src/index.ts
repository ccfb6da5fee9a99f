export * from './change-keys.ts';
export * from './config.ts';
export * from './email.ts';
export { normaliseEmail, parseEmail } from './email-form.ts';
export * from './keyring.ts';
export * from './merchant-keys.ts';
export * from './open-emails.ts';
export * from './read-email.ts';
export * from './sealed-value.ts';
