import type { ReactNode } from 'react';
import './notice.css';

interface NoticeProps {
  title: string;
  text: ReactNode;
  /**
   * - part: in a card or beside other content
   * - page: the whole page, inside of the frame; its title is the heading of the page
   * - document: also in place of the frame
   */
  place?: 'part' | 'page' | 'document';
  tone?: 'calm' | 'bad';
  /** The next step. */
  children?: ReactNode;
}

/** A state that stands in place of content: empty, signed out, an error. */
export function Notice({ title, text, place = 'part', tone = 'calm', children }: NoticeProps) {
  const Title = place === 'part' ? 'h2' : 'h1';
  const content = (
    <section className={`notice notice-${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Title className="notice-title">{title}</Title>
      <p>{text}</p>
      {children && <div className="notice-actions">{children}</div>}
    </section>
  );
  return place === 'document' ? <main className="notice-page">{content}</main> : content;
}
