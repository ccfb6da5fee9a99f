import type {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Admin,
  ResourcePatternTypes,
} from 'kafkajs';
import type { Acl } from '../kafka-client.ts';

// Kafka's own numbers. Node does not detect the exports after CompressionTypes in kafkajs's CommonJS module,
// so its enums cannot be imported.
const ANY = 1;
const ALLOW = 3 as AclPermissionTypes.ALLOW;
const RESOURCE = { topic: 2, group: 3 } as const;
const PATTERN = { literal: 3, prefixed: 4 } as const;
const OPERATION = { all: 2, read: 3, write: 4, create: 5, describe: 8, describe_configs: 10 } as const;

const EVERY_HOST = '*';

/** @returns undefined when the broker has no authorizer */
export async function readAcls(admin: Admin): Promise<Acl[] | undefined> {
  try {
    const { resources } = await admin.describeAcls({
      resourceType: ANY as AclResourceTypes.ANY,
      resourcePatternType: ANY as ResourcePatternTypes.ANY,
      operation: ANY as AclOperationTypes.ANY,
      permissionType: ALLOW,
    });
    return resources.flatMap(({ resourceType, resourceName, resourcePatternType, acls }) =>
      acls.flatMap((acl) => {
        const resource = nameOf(RESOURCE, resourceType);
        const pattern = nameOf(PATTERN, resourcePatternType);
        const operation = nameOf(OPERATION, acl.operation);
        // ACLs of resources other than topics and groups are not evaluated here.
        if (!resource || !pattern || !operation) return [];
        return [{ principal: acl.principal, resource, name: resourceName, pattern, operation }];
      }),
    );
  } catch (error) {
    if ((error as { type?: string }).type === 'SECURITY_DISABLED') return undefined;
    throw error;
  }
}

export const writeAcls = async (admin: Admin, acls: readonly Acl[]): Promise<void> => {
  await admin.createAcls({
    acl: acls.map(({ principal, resource, name, pattern, operation }) => ({
      principal,
      host: EVERY_HOST,
      permissionType: ALLOW,
      resourceType: RESOURCE[resource] as number as AclResourceTypes,
      resourceName: name,
      resourcePatternType: PATTERN[pattern] as number as ResourcePatternTypes,
      operation: OPERATION[operation] as number as AclOperationTypes,
    })),
  });
};

const nameOf = <K extends string>(numbers: Readonly<Record<K, number>>, number: number): K | undefined =>
  (Object.keys(numbers) as K[]).find((name) => numbers[name] === number);
