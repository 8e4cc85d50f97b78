import { manifest } from "./manifest.ts";

export function version(): string {
  return manifest.version;
}

export function help(): string {
  return `Usage: throughline <command> [options]

Commands
  start    run the server, the chat page and an agent that answers
  dev      the same, started again when the program or its configuration changes
  doctor   check what a start needs, and say what to do about what is missing
  switch   move users between older code and this, and back;
           throughline switch --help lists its words
  audit    say who owns a responsibility in any code base, and who goes around the owner;
           throughline audit --help lists its commands
  verify   take test users through a deployment, break what can be broken, and say which promises held;
           throughline verify --help lists its options

Options
  --port <number>   port to listen on (PORT; default 3000; 0 = any free one)
  --host <address>  address to listen on (HOST; default 127.0.0.1 = this machine only)
  --data <folder>   where everything is kept (DATA_DIR; default ./data)
  --config <file>   configuration (default: throughline.config.ts, .mjs or .js in this folder)
  --bridges <file>  with doctor: the bridges of a program, by their owners and dates; fails when one has expired
  --url <address>   with doctor --bridges: ask a running server which call sites are left
  --json            for programs: one line of JSON for each thing that is said
  --help, --version

Variables without an option
  PUBLIC_URL              origin at which browsers reach the server (default http://localhost:<port>)
  THROUGHLINE_DURABILITY  full: what is acknowledged survives the loss of power (default)
                          relaxed: it survives the death of the process
  THROUGHLINE_SIGN_UP     closed: nobody can make an account (default open)
  THROUGHLINE_QUALITY_GATE
                          annotate: answers are judged; block: those that do not pass are revised or withheld
                          (default off); THROUGHLINE_QUALITY_CONTENT_TYPE says what they are meant to be
  THROUGHLINE_OPERATORS   user ids, with commas between, that see the quality of their whole tenant
  THROUGHLINE_WIRE_BRIDGE the last day on which clients of the old wire format may connect at /ws (default off)
  THROUGHLINE_RETENTION_DAYS
                          threads in which nothing has happened for so long are deleted (default: never)
  OPENAI_BASE_URL, OPENAI_API_KEY, ANTHROPIC_API_KEY, THROUGHLINE_MODEL
                          a language model: Ollama, LM Studio, vLLM and the like by their URL, OpenAI and Anthropic
                          by their key; without one a local assistant answers, which is no language model

An option counts more than a variable, a variable more than the configuration, the configuration more than the default.
Exit codes: 0 done, 1 failed, 2 the command line or a variable makes no sense.`;
}
