/** Who the test users are: accounts that are made for the purpose, accounts that are given, or tokens of any issuer. */
import { randomBytes } from "node:crypto";
import { Bearer, differentSubjects, tokenFrom } from "./bearer.ts";
import type { Deployment } from "./deployment.ts";
import { type Account, Session } from "./session.ts";

export type CredentialSource =
  | { readonly kind: "sign-up" }
  | { readonly kind: "accounts"; readonly accounts: readonly Account[] }
  | { readonly kind: "tokens"; readonly tokens: readonly string[] }
  /** A shell command that prints a token; the number of the user, from 1, is in `VERIFY_USER`. */
  | { readonly kind: "token-command"; readonly command: string };

/** What one device proves itself with. */
export interface Credential {
  /** For a request or a connection. Rejects with `CredentialEnd` when there is nothing left to prove oneself with. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** Signs in anew and ends the session before; does nothing where there is no signing in. */
  renew(): Promise<void>;
  /** Ends the session, if there is one that was made here. */
  end(deployment: Deployment): Promise<void>;
}

export interface Person {
  /** For people; the user id is the deployment's. */
  readonly label: string;
  /** Of their two devices. */
  readonly credentials: readonly [Credential, Credential];
  /** Email address of an account that was made here and stays behind, since no deployment lets a person delete it. */
  readonly leftBehind: string | undefined;
}

/** At most `count` people, fewer when no more credentials are given. Rejects with a `MeasureError` when one is refused. */
export async function signInPeople(
  deployment: Deployment,
  source: CredentialSource,
  count: number,
): Promise<readonly Person[]> {
  switch (source.kind) {
    case "sign-up": {
      const run = randomBytes(4).toString("hex");
      return inTurn(count, async (number) => {
        const password = randomBytes(16).toString("base64url");
        const account = { email: `verify-${run}-${number}@example.com`, password };
        const label = labelOf(number);
        const credentials = [
          await Session.signUp(deployment, account, label),
          await Session.signIn(deployment, account, label),
        ] as const;
        return { label, credentials, leftBehind: account.email };
      });
    }
    case "accounts":
      return inTurn(Math.min(count, source.accounts.length), async (number) => {
        const account = source.accounts[number - 1] as Account;
        const label = labelOf(number);
        const signIn = () => Session.signIn(deployment, account, label);
        return { label, credentials: [await signIn(), await signIn()], leftBehind: undefined };
      });
    case "tokens":
      return differentSubjects(source.tokens)
        .slice(0, count)
        .map((token, index) => tokenPerson(index + 1, async () => token));
    case "token-command": {
      const print = (number: number) => tokenFrom(source.command, number);
      const tokens = await inTurn(count, print);
      return differentSubjects(tokens).map((token, index) =>
        tokenPerson(index + 1, () => print(tokens.indexOf(token) + 1)),
      );
    }
  }
}

function tokenPerson(number: number, print: () => Promise<string>): Person {
  return { label: labelOf(number), credentials: [new Bearer(print), new Bearer(print)], leftBehind: undefined };
}

function labelOf(number: number): string {
  return `user ${number}`;
}

async function inTurn<Item>(count: number, make: (number: number) => Promise<Item>): Promise<readonly Item[]> {
  const made: Item[] = [];
  for (let number = 1; number <= count; number += 1) made.push(await make(number));
  return made;
}
