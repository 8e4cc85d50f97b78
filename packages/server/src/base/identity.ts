import type { UserId } from "@throughline/protocol";

declare const brand: unique symbol;
/** A group of users whose figures may be looked at together. Named by the credential, like the user. */
export type TenantId = string & { readonly [brand]: "TenantId" };

/** The tenant of everybody who has an account on this server. */
export const localTenant = "local" as TenantId;

/** Who a request or connection speaks for, decided once from the verified credential and from nothing else. */
export interface Identity {
  readonly userId: UserId;
  readonly tenantId: TenantId;
  /** The session behind the credential; connections end with it. Undefined for tokens without one. */
  readonly sessionId: string | undefined;
  /** Milliseconds since the Unix epoch after which the credential is no longer valid; undefined = the session decides. */
  readonly expiresAt: number | undefined;
}
