import { useEffect, useRef, type ReactNode } from 'react';
import { useTexts } from '../reader.ts';
import './page.css';

interface PageProps {
  title: string;
  subtitle?: ReactNode;
  /** Leads to the page above. */
  back?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** Whether a page was shown before: the first one leaves the focus at the start of the document. */
let navigated = false;

/** The frame of a page: its heading has the focus after a navigation, as after a load of a document. */
export function Page({ title, subtitle, back, actions, children }: PageProps) {
  const { product } = useTexts();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${product}`;
  }, [title, product]);
  useEffect(() => {
    if (navigated) heading.current?.focus({ preventScroll: true });
    navigated = true;
  }, []);
  return (
    <div className="page">
      {back}
      <header className="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1} className="page-title">
            {title}
          </h1>
          {subtitle && <p className="page-subtitle">{subtitle}</p>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
