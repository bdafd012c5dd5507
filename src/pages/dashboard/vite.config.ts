// Builds the page into files with hashed names, without inline code.

import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  base: '/dashboard/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../../dist/dashboard',
    emptyOutDir: true,
    target: 'es2023',
    // The content security policy forbids inline scripts, and every supported browser preloads natively.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0
  }
})
