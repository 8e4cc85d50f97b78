import { readFileSync } from "node:fs";

export function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return manifest.version;
}

export function help(): string {
  return `Usage: throughline <command> [options]

Commands
  start    run the server, the chat page and an agent that answers
  dev      the same, started again when throughline.config.ts or the program changes
  doctor   check what a start needs, and say what to do about what is missing

Options
  --port <number>   port to listen on (PORT; default 3000; 0 = any free one)
  --host <address>  address to listen on (HOST; default 127.0.0.1, this machine only)
  --data <folder>   where everything is kept (DATA_DIR; default ./data)
  --config <file>   configuration (default: throughline.config.ts, .mjs or .js, if there is one)
  --json            say things as lines of JSON
  --help, --version

A flag counts more than a variable, a variable more than the configuration, the configuration more than the default.
Models: set OPENAI_BASE_URL (Ollama, LM Studio, vLLM, …), OPENAI_API_KEY or ANTHROPIC_API_KEY; without any of them a
local assistant answers, which is no language model.`;
}
