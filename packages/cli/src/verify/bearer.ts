/** Tokens that somebody else has issued, given as they are or printed by a command. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Credential } from "./credentials.ts";
import { CredentialEnd, MeasureError } from "./measure-error.ts";
import { isObject, parseJson } from "./wire.ts";

/** How long a printed token is used: shorter than any that is worth the name lives. */
const tokenUseMs = 60_000;

export class Bearer implements Credential {
  readonly #print: () => Promise<string>;
  #printedAt = Number.NEGATIVE_INFINITY;
  #token: Promise<string> = Promise.resolve("");

  /** `print` gives a token, the same or a newer one each time. */
  constructor(print: () => Promise<string>) {
    this.#print = print;
  }

  async headers(): Promise<Readonly<Record<string, string>>> {
    if (performance.now() - this.#printedAt > tokenUseMs) {
      this.#printedAt = performance.now();
      this.#token = this.#print();
    }
    const token = await this.#token;
    const { exp } = claimsOf(token);
    // That it is refused from here on is no fault of the deployment.
    if (typeof exp === "number" && exp * 1_000 <= Date.now()) {
      throw new CredentialEnd("unable to go on; a token has expired, and --token-command could print new ones");
    }
    return { authorization: `Bearer ${token}` };
  }

  async renew(): Promise<void> {}

  async end(): Promise<void> {}
}

/** Without tokens of people who have one already: they would share a feed, and nothing in it would be foreign to them. */
export function differentSubjects(tokens: readonly string[]): readonly string[] {
  const people = new Map<unknown, string>();
  for (const token of tokens.toReversed()) people.set(claimsOf(token).sub ?? token, token);
  return [...people.values()].reverse();
}

/** Empty for a token that says nothing. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const claims = parseJson(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  return isObject(claims) ? claims : {};
}

/** What the command prints for the user of that number. Rejects with a `MeasureError`. */
export async function tokenFrom(command: string, number: number): Promise<string> {
  const env = { ...process.env, VERIFY_USER: String(number) };
  const [shell, option] = process.platform === "win32" ? (["cmd", "/c"] as const) : (["sh", "-c"] as const);
  try {
    const { stdout } = await promisify(execFile)(shell, [option, command], { env });
    if (stdout.trim() !== "") return stdout.trim();
  } catch (error) {
    const { stderr, message } = error as { readonly stderr?: string; readonly message: string };
    throw new MeasureError(`unable to get a token; ${stderr?.trim() || message}`, { cause: error });
  }
  throw new MeasureError("unable to get a token; the command prints nothing");
}
