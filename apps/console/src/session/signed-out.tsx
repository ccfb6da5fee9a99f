import { useTexts } from '../reader.ts';
import { Notice } from '../ui/notice.tsx';

/**
 * Why the page acts for no one.
 * - never: it was opened without a token
 * - refused: the session token of Shopify was not accepted
 * - notConnected: no merchant has the shop connected
 * - ended: it had a token that is no longer accepted
 */
export type SignedOutReason = 'never' | 'refused' | 'notConnected' | 'ended';

/** @param reopen where a new token is to be had; undefined: not known */
export function SignedOut({ reason, reopen }: { reason: SignedOutReason; reopen: string | undefined }) {
  const { signIn } = useTexts();
  return (
    <Notice {...signIn.reasons[reason]} place="document">
      {reopen ? (
        <a className="button button-primary" href={reopen} target="_top" rel="noreferrer">
          {signIn.reopen}
        </a>
      ) : (
        isLocal() && <p className="muted small">{signIn.local}</p>
      )}
    </Notice>
  );
}

/** Whether the page is one of `npm start`, which listens on this machine only. */
const isLocal = (): boolean => ['127.0.0.1', 'localhost'].includes(window.location.hostname);
