import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // The page's security policy allows no inline script and no data: source but for images.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
});
