import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from './workspace.ts';

/**
 * Returns the folder with the broker's jars (43 MB): <root>/.local/kafka-jars-<hash of
 * infra/local/kafka/pom.xml>. Maven fetches them the first time. Several processes may call this at the same
 * time.
 * @param onProgress called once, only when the jars must be fetched
 */
export async function fetchKafkaJars(onProgress?: (message: string) => void): Promise<string> {
  const root = workspaceRoot();
  const pom = join(root, 'infra/local/kafka/pom.xml');
  const hash = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  const jars = join(root, '.local', `kafka-jars-${hash}`);
  if (existsSync(jars)) return jars;
  onProgress?.('fetching the Kafka broker (43 MB) with Maven');
  const unfinished = `${jars}-${process.pid}`;
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${unfinished}`];
  await promisify(execFile)('mvn', ['-B', '-q', '-f', pom, ...goal]);
  try {
    renameSync(unfinished, jars);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(jars)) throw error; // otherwise another process was quicker
  }
  return jars;
}
