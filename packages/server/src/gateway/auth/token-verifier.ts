import { parseUserId } from "@throughline/protocol";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import type { Clock } from "../../base/clock.ts";
import { CodedError } from "../../base/coded-error.ts";
import type { Identity } from "../../base/identity.ts";

/** An issuer of tokens besides this server. Its users are `<name>:<sub>`, so they are nobody else's. */
export interface ExternalIssuer {
  /** 1 to 32 characters [a-z0-9-]. */
  readonly name: string;
  /** The `iss` claim, exactly. */
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
}

export interface TokenVerifierOptions {
  /** This server: issuer and audience of its own tokens, and the keys that it signs with. */
  readonly own: { readonly issuer: string; keys(): Promise<JSONWebKeySet> };
  readonly issuers: readonly ExternalIssuer[];
  readonly clock: Clock;
}

interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  /** Before the subject in a user id. */
  readonly prefix: string;
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

/** Verifies JWTs: the token names its issuer, and only that issuer's keys, audience and rules count for it. */
export class TokenVerifier {
  readonly #clock: Clock;
  readonly #issuers = new Map<string, Issuer>();

  /** Throws when two issuers share a name or an `iss`. */
  constructor(options: TokenVerifierOptions) {
    this.#clock = options.clock;
    const { issuer, keys } = options.own;
    this.#add({ issuer, audience: issuer, prefix: "", key: ownKeys(keys) });
    for (const external of options.issuers) {
      if (!/^[a-z0-9-]{1,32}$/.test(external.name)) {
        throw new TypeError(`unable to trust issuer "${external.name}"; a name has 1 to 32 characters [a-z0-9-]`);
      }
      this.#add({
        issuer: external.issuer,
        audience: external.audience,
        prefix: `${external.name}:`,
        key: createRemoteJWKSet(new URL(external.jwksUrl)),
      });
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
        requiredClaims: ["exp", "sub"],
      });
      const userId = parseUserId(`${issuer.prefix}${payload.sub}`);
      const { sid } = payload;
      const own = issuer.prefix === "";
      // A token of ours without its session could not be revoked.
      if (userId === undefined || payload.exp === undefined || (own && typeof sid !== "string")) return undefined;
      return { userId, sessionId: own ? (sid as string) : undefined, expiresAt: payload.exp * 1_000 };
    } catch (error) {
      if (isUnreachable(error)) {
        throw new CodedError("not_ready", "unable to verify the token; the keys of its issuer cannot be fetched", {
          cause: error,
        });
      }
      return undefined;
    }
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
      throw new TypeError(`unable to trust issuer ${issuer.issuer}; its name or its iss is taken`);
    }
    this.#issuers.set(issuer.issuer, issuer);
  }
}

/** Everything that jose says about a token is its fault; anything else is the network's. */
function isUnreachable(error: unknown): boolean {
  return (
    error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || !(error instanceof errors.JOSEError)
  );
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
