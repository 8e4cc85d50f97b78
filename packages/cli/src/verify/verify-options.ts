/** What the command line of `verify` says. */
import { parseArgs } from "node:util";
import { UsageError } from "../exit.ts";
import type { CredentialSource } from "./credentials.ts";
import type { Account } from "./session.ts";

/** Undefined = not given. */
export interface VerifyOptions {
  readonly help: boolean;
  readonly url: string | undefined;
  readonly credentials: CredentialSource;
  readonly journeys: number | undefined;
  readonly users: number | undefined;
  readonly timeoutMs: number;
  readonly prompt: string | undefined;
  /** Paths; `-` is the standard output. */
  readonly json: string | undefined;
  readonly junit: string | undefined;
  readonly html: string | undefined;
}

export const verifyHelp = `Usage: throughline verify [options]

Takes test users through journeys (sign in, message, five lifecycle events, answer, stored state, the same on the other
device) while connections drop, commands repeat, devices read slowly, strangers try foreign ids and runs are stopped, and
says which promises held. Without --url it starts a server of its own on a temporary folder, and kills that as well.

  --url <origin>            a running deployment, as browsers reach it
  --account <email:password>
                            an account to sign in with, once for each; where sign-up is closed
  --token <token>           a bearer token, once for each user
  --token-command <command> prints a bearer token; VERIFY_USER is the number of the user, from 1
  --prompt <text>           what to say to an agent of your own; it has to make the agent use a tool
  --journeys <number>       default 740, which can show 99.5 % (736 without a failure), or 40 when a
                            language model answers
  --users <number>          at once (default 12; with --url 6)
  --timeout <seconds>       how long anything may take before it counts as lost (default 30)
  --json <file>             everything as JSON; - is the standard output
  --junit <file>            a test report
  --html <file>             one page with plots

Exit codes: 0 every line that was tested holds, 1 a line is missed, 2 it could not be measured, 3 nothing is wrong, and too
few journeys were made to show a reliability of 99.5 %.`;

/** Throws `UsageError`. */
export function readVerifyOptions(words: readonly string[]): VerifyOptions {
  const values = parse(words);
  const url = values.url === undefined ? undefined : readOrigin(values.url);
  const credentials = readCredentials(values);
  if (url === undefined && credentials.kind !== "sign-up") {
    throw new UsageError("unable to verify; credentials are for a deployment, which --url names");
  }
  if (url === undefined && values.prompt !== undefined) {
    throw new UsageError("unable to verify; --prompt is for the agent of a deployment, which --url names");
  }
  const outputs = [values.json, values.junit, values.html].filter((path) => path === "-");
  if (outputs.length > 1) throw new UsageError("unable to verify; the standard output takes one report only");
  return {
    help: values.help ?? false,
    url,
    credentials,
    journeys: readNumber("--journeys", values.journeys, 100_000),
    users: readNumber("--users", values.users, 1_000),
    timeoutMs: (readNumber("--timeout", values.timeout, 3_600) ?? 30) * 1_000,
    prompt: values.prompt,
    json: values.json,
    junit: values.junit,
    html: values.html,
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        url: { type: "string" },
        account: { type: "string", multiple: true },
        token: { type: "string", multiple: true },
        "token-command": { type: "string" },
        prompt: { type: "string" },
        journeys: { type: "string" },
        users: { type: "string" },
        timeout: { type: "string" },
        json: { type: "string" },
        junit: { type: "string" },
        html: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    const [reason] = String((error as Error).message).split(/\. To specify|\. This command|\n/);
    throw new UsageError(`unable to read the command line; ${reason}`, { cause: error });
  }
}

function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
  throw new UsageError(
    `unable to use --url "${text}"; it is an http or https address without a path, such as https://chat.example.org`,
  );
}

function readNumber(option: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^[0-9]+$/.test(text) && number >= 1 && number <= max) return number;
  throw new UsageError(`unable to use ${option} "${text}"; it is a whole number from 1 to ${max}`);
}

function readCredentials(values: ReturnType<typeof parse>): CredentialSource {
  const { account: accounts, token: tokens, "token-command": command } = values;
  if ([accounts, tokens, command].filter((given) => given !== undefined).length > 1) {
    throw new UsageError("unable to verify; give accounts, tokens or a token command, not several of them");
  }
  if (accounts !== undefined) return { kind: "accounts", accounts: accounts.map(readAccount) };
  if (tokens !== undefined) return { kind: "tokens", tokens };
  return command === undefined ? { kind: "sign-up" } : { kind: "token-command", command };
}

function readAccount(text: string): Account {
  const [, email, password] = /^([^:]+):(.+)$/.exec(text) ?? [];
  // What is not repeated may be a password.
  if (email === undefined || password === undefined) {
    throw new UsageError("unable to use --account; it is an email address, a colon and a password");
  }
  return { email, password };
}
