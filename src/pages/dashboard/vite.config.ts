// How the page is built: into files with hashed names, without anything inline.

import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  base: '/dashboard/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../../dist/dashboard',
    emptyOutDir: true,
    target: 'es2023',
    // The policy of the page lets nothing inline run, and every browser that it is for preloads by itself.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0
  }
})
