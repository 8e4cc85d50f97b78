/**
 * An identity provider of a test's own: signs tokens for any number of users and serves the keys they are verified with.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";

const algorithm = "ES256";
const keyId = "test-key";

export interface TokenChanges {
  readonly issuer?: string;
  readonly audience?: string;
  /** Seconds from now. */
  readonly expiresIn?: number;
  readonly key?: CryptoKey;
  readonly tenant?: string;
}

export class TokenIssuer implements AsyncDisposable {
  readonly name = "partner";
  readonly issuer = "https://issuer.example";
  readonly audience = "throughline-tests";
  readonly jwksUrl: string;
  readonly #server: Server;
  readonly #key: CryptoKey;

  private constructor(server: Server, key: CryptoKey) {
    this.#server = server;
    this.#key = key;
    this.jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  }

  static async start(): Promise<TokenIssuer> {
    const { publicKey, privateKey } = await generateKeyPair(algorithm);
    const keys = JSON.stringify({
      keys: [{ ...(await exportJWK(publicKey)), alg: algorithm, kid: keyId, use: "sig" }],
    });
    const server = createServer((_request, response) => {
      response.setHeader("content-type", "application/json").end(keys);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TokenIssuer(server, privateKey);
  }

  /** As the configuration of a server names it. */
  get settings(): { name: string; issuer: string; audience: string; jwksUrl: string } {
    const { name, issuer, audience, jwksUrl } = this;
    return { name, issuer, audience, jwksUrl };
  }

  /** A token for the user `partner:<subject>`. */
  token(subject: string, changes: TokenChanges = {}): Promise<string> {
    return new SignJWT(changes.tenant === undefined ? {} : { tenant: changes.tenant })
      .setProtectedHeader({ alg: algorithm, kid: keyId })
      .setSubject(subject)
      .setIssuer(changes.issuer ?? this.issuer)
      .setAudience(changes.audience ?? this.audience)
      .setExpirationTime(Math.floor(Date.now() / 1_000) + (changes.expiresIn ?? 600))
      .sign(changes.key ?? this.#key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
