import type { UserId } from "@throughline/protocol";

/** Who a request or connection speaks for, decided once from the verified credential and from nothing else. */
export interface Identity {
  readonly userId: UserId;
  /** The session behind the credential; connections end with it. Undefined for tokens without one. */
  readonly sessionId: string | undefined;
  /** Milliseconds since the Unix epoch after which the credential is no longer valid; undefined = the session decides. */
  readonly expiresAt: number | undefined;
}
