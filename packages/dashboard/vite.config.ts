import { defineConfig } from 'vite'

/** The page is part of the server's package, next to what the compiler makes. */
export default defineConfig({
  base: './',
  build: {
    outDir: '../server/page',
    emptyOutDir: true,
    target: 'es2022',
    // The service's Content-Security-Policy allows no data: URL, and the polyfill is for browsers that are long gone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'LICENSES.md' },
  },
})
