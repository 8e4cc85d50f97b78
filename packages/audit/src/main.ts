#!/usr/bin/env node
import { Worker } from "node:worker_threads";
import { isInRange, nodeRange } from "./cli/node-version.ts";
import { youngGeneration } from "./files/young-generation.ts";

const words = process.argv.slice(2);
const range = nodeRange();
if (!isInRange(process.versions.node, range)) {
  console.error(`unable to run on Node ${process.versions.node}; it takes ${range}`);
  process.exit(2);
}
// Whoever talks to an agent needs the standard input, which a thread gets only piece by piece.
if (words[0] === "mcp") await import("./cli/run-here.ts");
else {
  const file = import.meta.url.endsWith(".ts") ? "./cli/run-here.ts" : "./cli/run-here.js";
  const thread = new Worker(new URL(file, import.meta.url), { argv: words, resourceLimits: youngGeneration });
  let hasFailed = false;
  thread.on("error", (error) => {
    hasFailed = true;
    console.error(error);
  });
  thread.on("exit", (code) => {
    // Whatever nobody expected has measured nothing.
    process.exitCode = hasFailed ? 2 : code;
  });
  // `| head`: who reads no further has what they wanted.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    console.error(`unable to write; ${error.message}`);
    process.exit(2);
  });
}
