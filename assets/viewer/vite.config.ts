import { defineConfig } from "vitest/config";

export default defineConfig({
  // Cornerstone3D's libraries ask for two of Node's modules; these are their npm counterparts.
  resolve: { alias: { events: "events/", url: "url/" } },
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    target: "es2022",
    lib: { entry: "src/viewer.ts", formats: ["es"], fileName: () => "viewer.js" },
    rolldownOptions: { output: { codeSplitting: false } },
  },
  test: { environment: "jsdom" },
});
