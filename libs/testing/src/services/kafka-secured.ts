import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from './certificates.ts';

/** A listener with TLS and passwords, as a broker in production has. */
export interface SecuredListener {
  /** host:port */
  broker: string;
  /** The certificate to trust, as PEM: self-signed, for 127.0.0.1. */
  ca: string;
  /** A superuser that may log in with the mechanisms plain and scram-sha-512. */
  username: string;
  password: string;
  /** Users that log in with plain and the same password. They have no ACLs until a test grants some. */
  others: readonly string[];
}

/**
 * Creates a certificate and a user.
 * @returns the listener, and the lines of server.properties and arguments of the format command that it needs
 */
export async function makeSecuredListener(
  dir: string,
  port: number,
): Promise<{ listener: SecuredListener; properties: string; format: string[] }> {
  const password = randomBytes(12).toString('hex');
  const { key, certificate } = await makeCertificate(dir, 'secured', { names: ['IP:127.0.0.1'] });
  const ca = readFileSync(certificate, 'utf8');
  const store = join(dir, 'server.pem');
  writeFileSync(store, readFileSync(key, 'utf8') + ca);
  const users = [USER, ...OTHERS].map((name) => `user_${name}="${password}"`).join(' ');
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  return {
    listener: { broker: `127.0.0.1:${port}`, ca, username: USER, password, others: OTHERS },
    properties: `sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.secured.ssl.keystore.type=PEM
listener.name.secured.ssl.keystore.location=${store}
listener.name.secured.plain.sasl.jaas.config=${plain} required ${users};
listener.name.secured.scram-sha-512.sasl.jaas.config=${scram} required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:${USER};User:ANONYMOUS
allow.everyone.if.no.acl.found=false
`,
    format: ['--add-scram', `SCRAM-SHA-512=[name=${USER},password=${password}]`],
  };
}

const USER = 'core';
const OTHERS = ['core-worker', 'core-ops', 'rfm-analytics', 'privacy', 'stranger'] as const;
