import type { Limits } from "@throughline/protocol";
import type { Logger } from "pino";
import type { Clock } from "../../base/clock.ts";
import type { IdSource } from "../../base/id-source.ts";
import type { ExternalIssuer } from "./token-verifier.ts";

/** What the authenticator and the accounts behind it are made from. */
export interface AuthenticatorOptions {
  /** SQLite file of accounts and sessions; `:memory:` for none. */
  readonly databasePath: string;
  /** Signs cookies and encrypts the keys of tokens; with another one, every session and token so far is void. */
  readonly secret: string;
  /** Where browsers reach this server; its origin is issuer and audience of our tokens. */
  readonly publicUrl: string;
  readonly trustedOrigins: readonly string[];
  /** `closed`: nobody can make an account. */
  readonly signUp: "open" | "closed";
  readonly issuers: readonly ExternalIssuer[];
  readonly limits: Limits;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
}
