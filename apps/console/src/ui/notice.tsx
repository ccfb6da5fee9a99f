import type { ReactNode } from 'react';
import './notice.css';

interface NoticeProps {
  title: string;
  text: ReactNode;
  /** Fills the page, and its title is the heading of the page. */
  page?: boolean;
  tone?: 'calm' | 'bad';
  /** The next step. */
  children?: ReactNode;
}

/** A state that stands in place of content: empty, signed out, an error. */
export function Notice({ title, text, page = false, tone = 'calm', children }: NoticeProps) {
  const Title = page ? 'h1' : 'h2';
  const content = (
    <section className={`notice notice-${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Title className="notice-title">{title}</Title>
      <p>{text}</p>
      {children && <div className="notice-actions">{children}</div>}
    </section>
  );
  return page ? <main className="notice-page">{content}</main> : content;
}
