/**
 * What the tests of this folder run on: the authenticator on a SQLite file of its own, with all that it logs; browsers
 * that keep its cookies; and an issuer of tokens that is somebody else's.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Writable } from "node:stream";
import { defaultLimits, type Limits } from "@throughline/protocol";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { pino } from "pino";
import { VirtualClock } from "../../../../../tests/support/virtual-clock.ts";
import { RandomIdSource } from "../../base/id-source.ts";
import type { Identity } from "../../base/identity.ts";
import { type Authenticator, openAuthenticator } from "./authenticator.ts";
import type { AuthenticatorOptions } from "./authenticator-options.ts";

export const password = "correct horse battery staple";

export interface AccountNodeOptions
  extends Partial<Pick<AuthenticatorOptions, "trustedOrigins" | "issuers" | "secret">> {
  readonly publicUrl?: string;
  readonly limits?: Partial<Limits>;
}

export class AccountNode implements AsyncDisposable {
  readonly publicUrl: string;
  readonly secret: string;
  /** Stands still at the real time at which the node was made: better-auth goes by the machine's. */
  readonly clock = new VirtualClock(Date.now());
  readonly databasePath: string;
  readonly endedSessions: string[] = [];
  /** Every line that was logged, at any level. */
  readonly logs: string[] = [];
  readonly #options: AccountNodeOptions;
  readonly #directory = mkdtempSync(join(tmpdir(), "throughline-accounts-"));
  #authenticator: Authenticator | undefined;

  private constructor(options: AccountNodeOptions) {
    this.#options = options;
    this.publicUrl = options.publicUrl ?? "http://localhost:3000";
    this.secret = options.secret ?? "c2VjcmV0IG9mIHRoZSBzZXJ2ZXIgYWxvbmU";
    this.databasePath = join(this.#directory, "auth.db");
  }

  static async open(options: AccountNodeOptions = {}): Promise<AccountNode> {
    const node = new AccountNode(options);
    await node.reopen();
    return node;
  }

  get authenticator(): Authenticator {
    if (this.#authenticator === undefined) throw new Error("the node is closed");
    return this.#authenticator;
  }

  /** Closes and opens on the same file. */
  async reopen(changed: Partial<Pick<AuthenticatorOptions, "secret" | "signUp">> = {}): Promise<void> {
    await this.#authenticator?.close();
    const lines = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.logs.push(chunk.toString());
        done();
      },
    });
    this.#authenticator = await openAuthenticator({
      databasePath: this.databasePath,
      secret: changed.secret ?? this.secret,
      publicUrl: this.publicUrl,
      trustedOrigins: this.#options.trustedOrigins ?? [],
      signUp: changed.signUp ?? "open",
      issuers: this.#options.issuers ?? [],
      limits: { ...defaultLimits, ...this.#options.limits },
      clock: this.clock,
      ids: new RandomIdSource(),
      logger: pino({ level: "trace" }, lines),
    });
    this.#authenticator.onSessionEnded((sessionId) => this.endedSessions.push(sessionId));
  }

  /** Looks at, or spoils, what is stored. */
  sql(text: string, ...values: string[]): Record<string, unknown>[] {
    const database = new DatabaseSync(this.databasePath);
    try {
      return database.prepare(text).all(...values);
    } finally {
      database.close();
    }
  }

  browser(origin: string | undefined = this.publicUrl, address = "203.0.113.7"): Browser {
    return new Browser(this, origin, address);
  }

  async signedUp(email = "alice@example.com"): Promise<Browser> {
    const browser = this.browser();
    const answer = await browser.post("/sign-up/email", { name: "Someone", email, password });
    if (!answer.ok) throw new Error(await answer.text());
    return browser;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#authenticator?.close();
    rmSync(this.#directory, { recursive: true });
  }
}

export class Browser {
  readonly cookies = new Map<string, string>();
  /** Sent with every request besides. */
  readonly headers: Record<string, string> = {};
  origin: string | undefined;
  address: string;
  readonly #node: AccountNode;

  constructor(node: AccountNode, origin: string | undefined, address: string) {
    this.#node = node;
    this.origin = origin;
    this.address = address;
  }

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  get(path: string): Promise<Response> {
    return this.send("GET", path, {});
  }

  /** Without a body when there is no data. */
  post(path: string, data?: object): Promise<Response> {
    if (data === undefined) return this.send("POST", path, {});
    return this.send("POST", path, { body: JSON.stringify(data), headers: { "content-type": "application/json" } });
  }

  async send(method: string, path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers({ ...this.headers, ...(init.headers as Record<string, string>) });
    if (this.cookies.size > 0) headers.set("cookie", this.cookie);
    if (this.origin !== undefined && method !== "GET") headers.set("origin", this.origin);
    const request = new Request(`${this.#node.publicUrl}/api/auth${path}`, { ...init, method, headers });
    const answer = await this.#node.authenticator.handle(request, this.address);
    for (const text of answer.headers.getSetCookie()) {
      const [name = "", value = ""] = (text.split(";")[0] ?? "").split("=");
      if (/max-age=0/i.test(text)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  /** As a page of `origin` would open a connection. */
  authenticate(origin: string | undefined = this.origin): Promise<Identity> {
    const headers = new Headers({ cookie: this.cookie });
    if (origin !== undefined) headers.set("origin", origin);
    return this.#node.authenticator.authenticate({ headers, ticket: undefined, originRequired: true });
  }

  async sessionId(): Promise<string> {
    const { session } = (await (await this.get("/get-session")).json()) as { session: { id: string } };
    return session.id;
  }

  /** A token for programs, of the session. */
  async token(): Promise<string> {
    const { token } = (await (await this.get("/token")).json()) as { token: string };
    return token;
  }
}

/** One key pair, and its public half over HTTP. */
export class SigningIssuer implements AsyncDisposable {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly publicKey: JWK;
  /** What answers requests for the keys; replace it to be ill. */
  respond: (response: ServerResponse) => void;
  readonly #privateKey: CryptoKey;
  readonly #server: Server;

  private constructor(server: Server, publicKey: JWK, privateKey: CryptoKey) {
    const { port } = server.address() as AddressInfo;
    this.issuer = `http://127.0.0.1:${port}/`;
    this.jwksUrl = `${this.issuer}jwks`;
    this.publicKey = publicKey;
    this.#privateKey = privateKey;
    this.#server = server;
    this.respond = (response) => {
      response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [publicKey] }));
    };
    server.on("request", (_request, response) => this.respond(response));
  }

  static async start(alg = "ES256"): Promise<SigningIssuer> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new SigningIssuer(server, { ...(await exportJWK(publicKey)), kid: "key1", alg }, privateKey);
  }

  /** A token with these claims and nothing else. */
  sign(claims: JWTPayload, header: { readonly jwk?: JWK } = {}): Promise<string> {
    const { alg = "", kid = "" } = this.publicKey;
    return new SignJWT(claims).setProtectedHeader({ ...header, alg, kid }).sign(this.#privateKey);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
