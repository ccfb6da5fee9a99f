import { useTexts } from '../reader.ts';
import { Notice } from '../ui/notice.tsx';

/** @param ended whether the page had a token that is no longer accepted */
export function SignedOut({ ended, reopen }: { ended: boolean; reopen: string | undefined }) {
  const { signIn } = useTexts();
  return (
    <Notice
      title={ended ? signIn.ended : signIn.title}
      text={ended ? signIn.endedText : signIn.text}
      place="document"
    >
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
