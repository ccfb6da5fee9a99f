import type { Shop } from '@core/contracts/web';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';

/** In the order of their weight. The last one is optional: a shop grants it to have segments written. */
const SCOPES = ['read_customers', 'read_customer_merge', 'write_customers'] as const;

/** Returns whether the scopes include this one; a write scope includes the read scope of the same thing. */
export const isGranted = (granted: readonly string[], scope: string): boolean =>
  granted.includes(scope) || granted.includes(scope.replace(/^read_/, 'write_'));

/** What the app may do in the shop, and what does not work without it. */
export function Permissions({ shop: { scopes, missingScopes } }: { shop: Shop }) {
  const { connect: words } = usePageTexts();
  // A shop that is connected has granted something: none means that they are not known.
  const known = scopes.length > 0 || missingScopes.length > 0;
  const others = scopes.filter((scope) => !SCOPES.some((each) => isGranted([scope], each)));
  return (
    <section className="connect-part">
      <h3>{words.permissions}</h3>
      {!known && <p className="muted">{words.permissionsUnknown}</p>}
      {known && (
        <ul className="list connect-permissions">
          {SCOPES.map((scope) => {
            const granted = isGranted(scopes, scope);
            const [state, tone]: [string, Tone] = granted
              ? [words.granted, 'ok']
              : missingScopes.includes(scope)
                ? [words.missing, 'warn']
                : [words.optional, 'idle'];
            return (
              <li key={scope}>
                <p>
                  {words.scopes[scope].name} <code className="muted">{scope}</code>
                </p>
                <Badge tone={tone}>{state}</Badge>
                {!granted && <p className="muted small">{words.scopes[scope].without}</p>}
              </li>
            );
          })}
        </ul>
      )}
      {others.length > 0 && <p className="muted small">{words.alsoGranted(others.join(', '))}</p>}
    </section>
  );
}
