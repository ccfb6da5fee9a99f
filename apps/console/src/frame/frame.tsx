import { Outlet, useLocation } from '@tanstack/react-router';
import type { MouseEvent } from 'react';
import { useTexts } from '../reader.ts';
import { OfflineBanner } from '../ui/offline-banner.tsx';
import { Navigation } from './navigation.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import './frame.css';

/** What stands around every page. The order in the document is the order of the keyboard. */
export function Frame() {
  const { skip, product } = useTexts();
  const { pathname } = useLocation();
  const skipToContent = (event: MouseEvent) => {
    event.preventDefault(); // the address of the page is the router's
    document.getElementById('content')?.focus();
  };
  return (
    <div className="frame">
      <a className="skip" href="#content" onClick={skipToContent}>
        {skip}
      </a>
      <header className="frame-side">
        <p className="frame-brand">
          <svg viewBox="0 0 16 16" width="22" height="22" aria-hidden="true">
            <rect width="16" height="16" rx="4" />
            <path d="M4 11V8m4 3V5m4 6V3" />
          </svg>
          {product}
        </p>
        <Navigation key={pathname} />
        <ThemeSwitch />
      </header>
      <main id="content" tabIndex={-1} className="frame-main">
        <OfflineBanner />
        <Outlet />
      </main>
    </div>
  );
}
