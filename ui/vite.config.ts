import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/fanlight/server/static",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the content security policy allows files of this host only
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8650", "/enter": "http://127.0.0.1:8650" } },
});
