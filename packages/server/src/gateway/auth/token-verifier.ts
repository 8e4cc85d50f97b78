import { parseUserId } from "@throughline/protocol";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import type { Logger } from "pino";
import type { Clock } from "../../base/clock.ts";
import { CodedError } from "../../base/coded-error.ts";
import { type Identity, localTenant, type TenantId } from "../../base/identity.ts";
import { StartError } from "../../base/start-error.ts";

/** An issuer of tokens besides this server. Its users are `<name>:<sub>`, so they are nobody else's. */
export interface ExternalIssuer {
  /** 1 to 32 characters [a-z0-9-], the first one no hyphen. */
  readonly name: string;
  /** The `iss` claim, exactly. */
  readonly issuer: string;
  /** What `aud` must be or hold. */
  readonly audience: string;
  /** Where its keys are; whoever can answer in its place can be anybody, so https unless the way there is trusted. */
  readonly jwksUrl: string;
  /** The claim that names a user's tenant; a token without it is refused. Left out, all its users are one tenant. */
  readonly tenantClaim?: string;
}

export interface TokenVerifierOptions {
  /** This server: issuer and audience of its own tokens, and the keys that it signs with. */
  readonly own: { readonly issuer: string; keys(): Promise<JSONWebKeySet> };
  readonly issuers: readonly ExternalIssuer[];
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  /** Before the subject in a user id. */
  readonly prefix: string;
  readonly tenantClaim?: string | undefined;
  readonly key: JWTVerifyGetKey;
}

/** Asymmetric ones only: a public key must never serve as a shared secret, and `none` is no signature. */
const algorithms = [
  "EdDSA",
  "Ed25519",
  "ES256",
  "ES384",
  "ES512",
  "PS256",
  "PS384",
  "PS512",
  "RS256",
  "RS384",
  "RS512",
];
const clockToleranceSeconds = 5;
const tokenCharactersMax = 8_192;
const tenantCharactersMax = 200;
const namePattern = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** Verifies JWTs: the token names its issuer, and only that issuer's keys, audience and rules count for it. */
export class TokenVerifier {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #issuers = new Map<string, Issuer>();

  /** Throws a `StartError` when an issuer cannot be used or two of them share a name or an `iss`. */
  constructor({ own, issuers, clock, logger }: TokenVerifierOptions) {
    this.#clock = clock;
    this.#logger = logger.child({ component: "tokens" });
    this.#add({ issuer: own.issuer, audience: own.issuer, prefix: "", key: ownKeys(own.keys) });
    for (const { name, issuer, audience, jwksUrl, tenantClaim } of issuers) {
      if (!namePattern.test(name)) throw unusable(name, "its name is not 1 to 32 characters [a-z0-9-]");
      if (issuer === "" || audience === "") throw unusable(name, "its issuer or its audience is empty");
      if (!/^https?:/.test(jwksUrl) || !URL.canParse(jwksUrl))
        throw unusable(name, "its jwksUrl is no http or https URL");
      const key = createRemoteJWKSet(new URL(jwksUrl));
      this.#add({ issuer, audience, prefix: `${name}:`, tenantClaim, key });
    }
  }

  /** The identity, or undefined when the token is not valid. Rejects with `not_ready` when the keys cannot be fetched. */
  async verify(token: string): Promise<Identity | undefined> {
    if (token.length > tokenCharactersMax) return undefined;
    const issuer = this.#issuerOf(token);
    if (issuer === undefined) return undefined;
    try {
      const { payload } = await jwtVerify(token, issuer.key, {
        issuer: issuer.issuer,
        audience: issuer.audience,
        algorithms,
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(this.#clock.now()),
      });
      const identity = identityOf(payload, issuer);
      if (identity === undefined) this.#refused(issuer, "its claims name no user, no tenant, or no end");
      return identity;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (isRefusal(error)) {
        this.#refused(issuer, reason);
        return undefined;
      }
      this.#logger.warn({ issuer: issuer.issuer, reason }, "unable to fetch the keys of an issuer");
      const message = "unable to verify the token; the keys of its issuer cannot be fetched";
      throw new CodedError("not_ready", message, { cause: error });
    }
  }

  /** For whoever wonders why; the client learns only that it was refused. */
  #refused({ issuer }: Issuer, reason: string): void {
    this.#logger.debug({ issuer, reason }, "refused a token");
  }

  #issuerOf(token: string): Issuer | undefined {
    try {
      return this.#issuers.get(decodeJwt(token).iss ?? "");
    } catch {
      return undefined;
    }
  }

  #add(issuer: Issuer): void {
    const known = [...this.#issuers.values()];
    if (known.some((other) => other.issuer === issuer.issuer || other.prefix === issuer.prefix)) {
      throw unusable(issuer.prefix.slice(0, -1), "its name or its issuer is taken");
    }
    this.#issuers.set(issuer.issuer, issuer);
  }
}

/** Undefined when the claims name no user of ours. */
function identityOf(payload: JWTPayload, { prefix, tenantClaim }: Issuer): Identity | undefined {
  const { sub, sid, exp } = payload;
  // Their types are only what the issuer says that they are.
  const userId = typeof sub === "string" && sub !== "" ? parseUserId(`${prefix}${sub}`) : undefined;
  if (userId === undefined || exp === undefined) return undefined;
  const expiresAt = (exp + clockToleranceSeconds) * 1_000;
  if (prefix !== "") {
    const tenantId = tenantOf(payload, prefix, tenantClaim);
    return tenantId && { userId, tenantId, sessionId: undefined, expiresAt };
  }
  // A token of ours without its session could not be revoked.
  return typeof sid === "string" ? { userId, tenantId: localTenant, sessionId: sid, expiresAt } : undefined;
}

/** Tenants of different issuers are never the same, whatever the claims say. */
function tenantOf(payload: JWTPayload, prefix: string, claim: string | undefined): TenantId | undefined {
  if (claim === undefined) return prefix as TenantId;
  const value = payload[claim];
  if (typeof value !== "string" || value === "" || value.length > tenantCharactersMax) return undefined;
  return `${prefix}${value}` as TenantId;
}

/** What jose says about a token is the token's fault, but for the ways in which it says that there are no keys. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return false;
  const keysAreMissing = [errors.JOSEError.code, errors.JWKSTimeout.code, errors.JWKSInvalid.code];
  return !keysAreMissing.includes(error.code);
}

/** Keys of this server, read again when a token names one that is not known yet. */
function ownKeys(keys: () => Promise<JSONWebKeySet>): JWTVerifyGetKey {
  let known: ReturnType<typeof createLocalJWKSet> | undefined;
  return async (header, token) => {
    try {
      if (known !== undefined) return await known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    known = createLocalJWKSet(await keys());
    return known(header, token);
  };
}

function unusable(name: string, reason: string): StartError {
  const message = `unable to trust issuer "${name}"; ${reason}`;
  return new StartError("bad_option", message, "correct the entry in `issuers`");
}
