/** The product, with an agent that does what the workload asks and no model. */

import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, defineAgent, defineTool } from "@throughline/server";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { z } from "zod";
import { answerMemory } from "./memory.ts";
import { pace, stampedText } from "./pace.ts";
import type { Ask } from "./workload.ts";

const { users, durability, agent } = JSON.parse(process.argv[2] ?? "{}") as {
  readonly users: number;
  readonly durability: "full" | "relaxed";
  /** `model`: whatever the environment names. */
  readonly agent: "workload" | "model";
};
const dataDirectory = mkdtempSync(join(tmpdir(), "throughline-benchmark-"));
process.on("exit", () => rmSync(dataDirectory, { recursive: true, force: true }));

const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: "ES256", kid: "benchmark" }] });
const issuer = createHttpServer((_request, response) => response.end(jwks));
await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
const address = issuer.address();
const jwksUrl = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;

const add = defineTool({
  name: "add",
  description: "Adds",
  input: z.object({ a: z.number(), b: z.number() }),
  once: "idempotent",
  execute: async ({ a, b }) => a + b,
});
const workloadAgent = defineAgent({
  name: "benchmark",
  tools: [add],
  async run(run) {
    const ask = JSON.parse(run.message.text) as Ask;
    if (ask.work === "events") {
      const appends: Promise<void>[] = [];
      for (let index = 0; index < ask.count; index += 1) appends.push(run.thinking(ask.text));
      await Promise.all(appends);
      return;
    }
    if (ask.work === "paced") {
      const appends: Promise<void>[] = [];
      await pace(ask.count, ask.everyMs, () => appends.push(run.thinking(stampedText())));
      await Promise.all(appends);
      return;
    }
    await run.thinking();
    await run.tool("add", { a: 1, b: 2 });
    for (let index = 0; index < ask.deltas; index += 1) run.delta("token ");
  },
});
const big = 1_000_000_000;
const server = await createServer({
  dataDirectory,
  secret: "benchmark".repeat(5),
  port: 0,
  ...(agent === "workload" && { agent: workloadAgent }),
  durability,
  issuers: [{ name: "bench", issuer: "https://bench.example", audience: "bench", jwksUrl }],
  limits: {
    stepsPerRunMax: 100_000,
    commandsPerMinuteMax: big,
    toolCallsPerMinuteMax: big,
    runsPerNodeMax: 10_000,
  },
});
await server.listen();
const tokens = await Promise.all(
  Array.from({ length: users }, (_, index) =>
    new SignJWT({})
      .setProtectedHeader({ alg: "ES256", kid: "benchmark" })
      .setSubject(`user${index}`)
      .setIssuer("https://bench.example")
      .setAudience("bench")
      .setExpirationTime("1h")
      .sign(privateKey),
  ),
);
answerMemory();
process.send?.({ port: Number(new URL(server.url).port), tokens });
