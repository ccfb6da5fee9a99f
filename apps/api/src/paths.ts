import type { DescMethod } from '@bufbuild/protobuf';
import { CoreService } from '@core/contracts';

/** Returns the path of a method, the same for gRPC, gRPC-Web and Connect. */
export const pathOf = (method: DescMethod): string => `/${method.parent.typeName}/${method.name}`;

/**
 * Further paths of a method: the literal ones in the plan. No proto service can have them, because a service
 * core.v1 would clash with the package core.v1.
 */
export const ALIASES: Readonly<Record<string, DescMethod>> = {
  '/core.v1/GetCustomerRFM': CoreService.method.getCustomerRFM,
  '/core.v1/CreateCustomer': CoreService.method.createCustomer,
};

/** Returns every path that reaches `method`. */
export const pathsOf = (method: DescMethod): string[] => [
  pathOf(method),
  ...Object.keys(ALIASES).filter((alias) => ALIASES[alias] === method),
];

/**
 * Returns a target without scheme and host, as a server must accept it: RFC 9112, 3.2.2. Nothing depends on
 * the host, so the host in the target is not compared with the header.
 */
export const originForm = (target = '/'): string => {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '');
  return path.startsWith('/') || path === target ? path : `/${path}`;
};

/** Returns the path of a request's target. */
export const pathOfTarget = (target = ''): string => target.split('?', 1)[0] ?? '';

/** Replaces an alias in the path of a URL with the method's own path; returns any other URL unchanged. */
export function withoutAlias(url: string): string {
  const path = pathOfTarget(url);
  const method = Object.hasOwn(ALIASES, path) ? ALIASES[path] : undefined;
  return method ? pathOf(method) + url.slice(path.length) : url;
}
