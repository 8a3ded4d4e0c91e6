// How is the dashboard built and tested? Into the service's static folder, every asset hashed, nothing inlined.
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": here("./src") } },
  build: {
    outDir: here("../src/counterpoise/service/static"),
    emptyOutDir: true,
    assetsDir: "assets",
    assetsInlineLimit: 0, // a data: URI would need a wider policy than 'self'
    modulePreload: { polyfill: false },
    target: ["chrome123", "firefox121", "safari17.5"], // the first with light-dark()
    sourcemap: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000, // `npm run size` is the budget
  },
  server: { host: "127.0.0.1" },
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    css: false,
    restoreMocks: true,
    unstubGlobals: true,
  },
});
