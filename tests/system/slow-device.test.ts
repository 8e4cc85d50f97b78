/** Devices that stop reading while a hundred thousand events pass: they cost a bounded amount, delay nobody, and catch up. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { script } from "../support/scripted-agent.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";
import type { ServerProcess } from "../support/server-process.ts";
import type { TestDevice } from "../support/test-device.ts";

const events = 100_000;
const eventBytes = 1_000;
const mebibyte = 1_048_576;
/**
 * What the server may grow by while all of it passes: the two slow devices may hold half a mebibyte, the rest is what a
 * heap of this size has not collected yet (12 to 43 MiB were measured). To hold the events for one of them would take 115.
 */
const growthBytesMax = 80 * mebibyte;
const heap = { NODE_OPTIONS: "--max-old-space-size=160 --max-semi-space-size=16" };
const limits = { connectionBufferBytesMax: 262_144, compactionDelayMs: 3_600_000 };

test("devices that stop reading cost no more than their buffer, delay nobody, and catch up completely", async () => {
  await using world = await ScriptedWorld.start(limits, heap);
  const produce = (count: number) => ({ text: script({ produce: count, bytes: eventBytes }) });
  await using first = await world.webSocket("ada");
  // Warms the server up, so that what it grows by later is not what any server grows by.
  await first.ended((await first.command("message.send", produce(10_000))).runId);
  first.drop();

  const after = first.cursor ?? null;
  await using fast = await world.webSocket("ada", { after });
  await using slow = await world.webSocket("ada", { after });
  await using slowStream = await world.sse("ada", { after });
  slow.pauseReading();
  slowStream.pauseReading();
  await using memory = new PeakMemory(world.server);
  const began = performance.now();
  const { runId } = await fast.command("message.send", produce(events));
  await fast.until(() => isEnd(fast, runId), "the end of the run", 120_000);
  const growthBytes = memory.growthBytes;
  console.log(
    `${events} events of ${eventBytes} bytes passed in ${(performance.now() - began).toFixed(0)} ms; ` +
      `the server grew by ${(growthBytes / mebibyte).toFixed(1)} MiB, and may by ${growthBytesMax / mebibyte}`,
  );
  expect(growthBytes).toBeLessThan(growthBytesMax);
  // What they have is what the network took; they were not waited for.
  for (const device of [slow, slowStream]) expect(device.sequence).toBeLessThan(fast.sequence - events / 2);

  slow.resumeReading();
  slowStream.resumeReading();
  await Promise.all([slow, slowStream].map((device) => device.reached(fast.sequence, 120_000)));
  console.log(`the slow devices had all of it after ${(performance.now() - began).toFixed(0)} ms`);
  expect([slow.resets, slowStream.resets]).toEqual([[], []]);
  expect([digest(slow), digest(slowStream)]).toEqual([digest(fast), digest(fast)]);
}, 180_000);

function isEnd(device: TestDevice, runId: string): boolean {
  const last = device.events.at(-1);
  return last?.type === "agent_completed" && last.runId === runId;
}

/** Of all bytes of all events, however they were spread over frames. */
function digest(device: TestDevice): string {
  const hash = createHash("sha256");
  for (const text of device.eventTexts) hash.update(text).update(",");
  return hash.digest("base64url");
}

/** The most that a server has had since this was made. */
class PeakMemory implements AsyncDisposable {
  readonly #server: ServerProcess;
  readonly #beforeBytes: number;
  #peakBytes: number;
  #sampling = true;
  readonly #sampled: Promise<void>;

  constructor(server: ServerProcess) {
    this.#server = server;
    this.#beforeBytes = server.residentBytes();
    this.#peakBytes = this.#beforeBytes;
    this.#sampled = this.#sample();
  }

  get growthBytes(): number {
    return this.#peakBytes - this.#beforeBytes;
  }

  async #sample(): Promise<void> {
    while (this.#sampling) {
      this.#peakBytes = Math.max(this.#peakBytes, this.#server.residentBytes());
      await sleep(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sampling = false;
    await this.#sampled;
  }
}
