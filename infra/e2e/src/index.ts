// This package contains end-to-end specs only, and exports nothing.
export {};
