/** The configuration of the server that `verify` starts: an agent whose every effect leaves a line in a file outside. */
import { appendFile } from "node:fs/promises";
import { type AgentRun, defineAgent, defineTool } from "@throughline/server";
import { z } from "zod";
import { defineConfig } from "../config.ts";
import { effectsVariable } from "./own-deployment.ts";
import { pause } from "./pause.ts";
import { answerWords, effectTool, readWish, wordIntervalMs } from "./wish.ts";

/** A kill between intent and record needs a moment to happen in. */
const effectDurationMs = 60;

const writeEffect = defineTool({
  name: effectTool,
  description: "Writes a line into a file outside of the server.",
  input: z.strictObject({ canary: z.string() }),
  once: "at-most-once",
  async execute({ canary }, { callId, signal }) {
    await appendFile(process.env[effectsVariable] ?? "", `${callId} ${canary}\n`);
    await pause(effectDurationMs, signal);
    return { canary };
  },
});

async function answer(run: AgentRun): Promise<void> {
  const wish = readWish(run.message.text);
  await run.step(async (scope) => {
    await scope.thinking(`${wish.words} words for ${wish.canary}`);
    scope.delta(`I call ${effectTool}.`);
    return null;
  });
  const { outcome } = await run.tool(effectTool, { canary: wish.canary });
  await run.step(async (scope) => {
    for (const [index, word] of answerWords(wish, outcome).entries()) {
      scope.delta(index === 0 ? word : ` ${word}`);
      await pause(wordIntervalMs, run.signal);
    }
    return null;
  });
}

// Ours is the only client, and is no more patient than the limits of a deployment that many share.
const unlimited = 1_000_000;

export const config = defineConfig({
  agent: defineAgent({ name: "verify", tools: [writeEffect], run: answer }),
  limits: { commandsPerMinuteMax: unlimited, signInAttemptsPerMinuteMax: unlimited, toolCallsPerMinuteMax: unlimited },
});

// Nobody else would end it when `verify` itself is killed.
process.once("disconnect", () => process.exit());
process.channel?.unref();
