import { createHmac, createPublicKey, type JsonWebKey } from "node:crypto";
import fc from "fast-check";
import { base64url, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VirtualClock } from "../../../../../tests/support/virtual-clock.ts";
import { StartError } from "../../base/start-error.ts";
import { SigningIssuer } from "./auth-suite.ts";
import { type ExternalIssuer, TokenVerifier } from "./token-verifier.ts";

const audience = "throughline";
const own = "https://chat.example.com";
const clock = new VirtualClock();
const now = clock.now() / 1_000;

let company: SigningIssuer;
let partner: SigningIssuer;
let verifier: TokenVerifier;

beforeAll(async () => {
  [company, partner] = await Promise.all([SigningIssuer.start("ES256"), SigningIssuer.start("ES256")]);
  verifier = open([trusted("company", company), trusted("partner", partner)]);
});
afterAll(async () => {
  await company[Symbol.asyncDispose]();
  await partner[Symbol.asyncDispose]();
});

function trusted(name: string, { issuer, jwksUrl }: SigningIssuer): ExternalIssuer {
  return { name, issuer, audience, jwksUrl };
}

function open(issuers: readonly ExternalIssuer[]): TokenVerifier {
  const keys = async () => ({ keys: [] });
  return new TokenVerifier({ own: { issuer: own, keys }, issuers, clock, logger: pino({ level: "silent" }) });
}

/** Claims of a token that is accepted, but for what a test changes. */
function claims(changes: JWTPayload = {}): JWTPayload {
  return { iss: company.issuer, aud: audience, sub: "alice", exp: now + 60, ...changes };
}

/** A token put together by hand. */
function token(header: object, payload: object, signature: (signed: string) => string): string {
  const signed = [header, payload].map((part) => base64url.encode(JSON.stringify(part))).join(".");
  return `${signed}.${signature(signed)}`;
}

describe("a token of a trusted issuer", () => {
  test("stands for a user in the name of that issuer, until it expires", async () => {
    const identity = {
      userId: "company:alice",
      tenantId: "company:",
      sessionId: undefined,
      expiresAt: (now + 65) * 1_000,
    };
    expect(await verifier.verify(await company.sign(claims()))).toEqual(identity);
    // Its claims say nothing about sessions of ours.
    expect(await verifier.verify(await company.sign(claims({ sid: "session1" })))).toEqual(identity);
    const same = claims({ iss: partner.issuer });
    expect(await verifier.verify(await partner.sign(same))).toEqual({
      ...identity,
      userId: "partner:alice",
      tenantId: "partner:",
    });
  });

  test("is of the tenant that its claim names, which no other issuer has, and refused without one", async () => {
    const other = open([
      { ...trusted("company", company), tenantClaim: "org" },
      { ...trusted("partner", partner), tenantClaim: "org" },
    ]);
    const tenantOf = async (issuer: SigningIssuer, changes: JWTPayload) =>
      (await other.verify(await issuer.sign(claims({ iss: issuer.issuer, ...changes }))))?.tenantId;
    expect(await tenantOf(company, { org: "acme" })).toBe("company:acme");
    expect(await tenantOf(partner, { org: "acme" })).toBe("partner:acme");
    for (const org of [undefined, "", 7, ["acme"], "x".repeat(201)]) {
      expect(await tenantOf(company, org === undefined ? {} : { org })).toBeUndefined();
    }
  });

  test.each(["RS256", "PS256", "ES384", "EdDSA"])("may be signed with %s", async (alg) => {
    await using issuer = await SigningIssuer.start(alg);
    const other = open([trusted("company", issuer)]);
    const identity = await other.verify(await issuer.sign(claims({ iss: issuer.issuer })));
    expect(identity?.userId).toBe("company:alice");
  });

  test.each<[string, JWTPayload, boolean]>([
    ["has expired within the tolerance", { exp: now - 4 }, true],
    ["has expired", { exp: now - 5 }, false],
    ["begins to be valid within the tolerance", { nbf: now + 5 }, true],
    ["is not valid yet", { nbf: now + 6 }, false],
    ["never expires", { exp: undefined }, false],
    ["is for several audiences, this one among them", { aud: ["other", audience] }, true],
    ["is for another audience", { aud: "other" }, false],
    ["is for no audience", { aud: undefined }, false],
    ["is of no issuer", { iss: undefined }, false],
    ["is of an unknown issuer", { iss: "https://idp.example.com/" }, false],
    ["is of an issuer that is nearly the one", { iss: "http://127.0.0.1" }, false],
    ["claims to be of another trusted issuer", { iss: "partner" }, false],
    ["claims to be of this server", { iss: own, aud: own, sid: "session1" }, false],
    ["has no subject", { sub: undefined }, false],
    ["has an empty subject", { sub: "" }, false],
    ["has a subject that is no text", { sub: 7 as unknown as string }, false],
    ["has a subject that is a list", { sub: ["alice"] as unknown as string }, false],
    ["has a subject of another form", { sub: "alice smith" }, false],
    ["has a subject that is too long", { sub: "a".repeat(200) }, false],
    ["has a subject with signs that issuers use", { sub: "auth0|5f7c@clients" }, true],
    ["has a subject that names another issuer", { sub: "partner:alice" }, true],
    ["is too long", { padding: "x".repeat(8_192) }, false],
  ])("that %s: accepted %3$s", async (_case, changes, accepted) => {
    const changed = claims(changes.iss === "partner" ? { iss: partner.issuer } : changes);
    const identity = await verifier.verify(await company.sign(changed));
    expect(identity?.userId).toBe(accepted ? `company:${changed.sub}` : undefined);
  });
});

describe("a forged token", () => {
  const valid = () => company.sign(claims());

  test("without a signature is refused", async () => {
    for (const alg of ["none", "None", "NONE", ""]) {
      expect(await verifier.verify(token({ alg }, claims(), () => ""))).toBeUndefined();
    }
    const [header = "", payload = ""] = (await valid()).split(".");
    expect(await verifier.verify(`${header}.${payload}.`)).toBeUndefined();
  });

  test("that takes the public key for a shared secret is refused", async () => {
    const key = createPublicKey({ key: company.publicKey as JsonWebKey, format: "jwk" });
    const secrets = [
      key.export({ format: "pem", type: "spki" }),
      key.export({ format: "der", type: "spki" }),
      JSON.stringify(company.publicKey),
      company.publicKey.x ?? "",
    ];
    for (const secret of secrets) {
      const sign = (signed: string) => createHmac("sha256", secret).update(signed).digest("base64url");
      expect(await verifier.verify(token({ alg: "HS256", kid: "key1" }, claims(), sign))).toBeUndefined();
    }
  });

  test("signed with another key of the same name is refused, even when it brings that key along", async () => {
    expect(await verifier.verify(await partner.sign(claims()))).toBeUndefined();
    expect(await verifier.verify(await partner.sign(claims(), { jwk: partner.publicKey }))).toBeUndefined();
  });

  test("with other claims under a true signature is refused", async () => {
    const [header = "", , signature = ""] = (await valid()).split(".");
    const payload = base64url.encode(JSON.stringify(claims({ sub: "bob" })));
    expect(await verifier.verify(`${header}.${payload}.${signature}`)).toBeUndefined();
  });

  test("of any text is refused without an error", async () => {
    const [header = "", payload = "", signature = ""] = (await valid()).split(".");
    const part = fc.oneof(
      fc.constantFrom(header, payload, signature, ""),
      fc.json().map((json) => base64url.encode(json)),
      fc.string(),
    );
    const texts = fc.array(part, { maxLength: 5 }).map((parts) => parts.join("."));
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        fc.pre(text !== `${header}.${payload}.${signature}`);
        expect(await verifier.verify(text)).toBeUndefined();
      }),
    );
  });
});

describe("a token of this server", () => {
  async function ownVerifier() {
    const { publicKey, privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519" });
    const sets = [{ keys: [] }, { keys: [{ ...(await exportJWK(publicKey)), kid: "key2" }] }];
    const keys = async () => sets.shift() ?? { keys: [] };
    const logger = pino({ level: "silent" });
    return { privateKey, verifier: new TokenVerifier({ own: { issuer: own, keys }, issuers: [], clock, logger }) };
  }

  test("stands for its session, also when its key is newer than those that were read", async () => {
    const { privateKey, verifier: ours } = await ownVerifier();
    const sign = (payload: JWTPayload) =>
      new SignJWT({ iss: own, aud: own, sub: "alice", exp: now + 60, ...payload })
        .setProtectedHeader({ alg: "EdDSA", kid: "key2" })
        .sign(privateKey);
    // The keys are read once for each unknown name; the second reading has it.
    expect(await ours.verify(await sign({ sid: "session1" }))).toBeUndefined();
    const identity = { userId: "alice", tenantId: "local", sessionId: "session1", expiresAt: (now + 65) * 1_000 };
    expect(await ours.verify(await sign({ sid: "session1" }))).toEqual(identity);
    // Without a session it could not be revoked.
    expect(await ours.verify(await sign({}))).toBeUndefined();
    expect(await ours.verify(await sign({ sid: 1 }))).toBeUndefined();
  });
});

describe("keys that cannot be had", () => {
  test.each<[string, SigningIssuer["respond"]]>([
    ["an error", (response) => response.writeHead(500).end()],
    ["a redirection", (response) => response.writeHead(302, { location: "/elsewhere" }).end()],
    ["no JSON", (response) => response.end("<html>")],
    ["JSON that is no key set", (response) => response.end("[]")],
    ["a cut connection", (response) => response.destroy()],
  ])("because of %s make the server not ready, and say nothing about the token", async (_case, respond) => {
    await using issuer = await SigningIssuer.start();
    const wellRespond = issuer.respond;
    const ill = open([trusted("company", issuer)]);
    const good = await issuer.sign(claims({ iss: issuer.issuer }));
    issuer.respond = respond;
    await expect(ill.verify(good)).rejects.toMatchObject({ code: "not_ready" });
    issuer.respond = wellRespond;
    expect((await ill.verify(good))?.userId).toBe("company:alice");
  });
});

test.each<[string, Partial<ExternalIssuer>[]]>([
  ["a name of another form", [{ name: "Company" }]],
  ["a name that no user id can begin with", [{ name: "-company" }]],
  ["no name", [{ name: "" }]],
  ["no issuer", [{ issuer: "" }]],
  ["no audience", [{ audience: "" }]],
  ["keys at no URL", [{ jwksUrl: "jwks.json" }]],
  ["keys in a file", [{ jwksUrl: "file:///etc/jwks.json" }]],
  ["the issuer of this server", [{ issuer: own }]],
  ["a name twice", [{}, { issuer: "https://other.example.com" }]],
  ["an issuer twice", [{}, { name: "other" }]],
])("an issuer with %s is a start error", (_case, changes) => {
  const issuer = {
    name: "company",
    issuer: "https://idp.example.com",
    audience,
    jwksUrl: "https://idp.example.com/keys",
  };
  expect(() => open([issuer])).not.toThrow();
  expect(() => open(changes.map((change) => ({ ...issuer, ...change })))).toThrow(StartError);
});
