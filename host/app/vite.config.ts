import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  worker: { format: 'es' },
  build: {
    outDir: fileURLToPath(new URL('../../dist/app', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    rollupOptions: {
      input: ['index.html', 'body.html'].map((page) => fileURLToPath(new URL(page, import.meta.url))),
    },
    modulePreload: { polyfill: false },
    // The page's policy (default-src 'self') has no room for data: URLs.
    assetsInlineLimit: 0,
  },
});
