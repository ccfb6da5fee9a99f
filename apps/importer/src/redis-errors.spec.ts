import { isNotPrimary } from './redis-errors.ts';

it.each([
  "READONLY You can't write against a read only replica.",
  "READONLY You can't write against a read only replica. script: 5d1f, on @user_script:12.",
  "ERR Error running script (call to f_5d1f): @user_script:7: @user_script: 7: -READONLY You can't write against a read only replica.",
  'LOADING Redis is loading the dataset in memory',
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
])('leaves a server that answers %j', (message) => expect(isNotPrimary(new Error(message))).toBe(true));

it.each([
  'NOREPLICAS Not enough good replicas to write.',
  "OOM command not allowed when used memory > 'maxmemory'.",
  'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.',
  'NOSCRIPT No matching script. Please use EVAL.',
  'NOAUTH Authentication required.',
  'ERR unknown command READONLYX',
  'Connection is closed.',
])('stays with a server that answers %j', (message) => expect(isNotPrimary(new Error(message))).toBe(false));
