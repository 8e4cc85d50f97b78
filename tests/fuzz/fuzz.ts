/** Nonsense of every kind for a real server, with a person who goes on talking meanwhile. */
import { Random } from "../simulation/random.ts";
import { script } from "../support/scripted-agent.ts";
import { ScriptedWorld } from "../support/scripted-world.ts";
import { fuzzBytes } from "./fuzz-bytes.ts";
import { type FuzzedServer, fuzzCommands } from "./fuzz-commands.ts";
import { fuzzLegacy } from "./fuzz-legacy.ts";
import { fuzzRequests } from "./fuzz-requests.ts";

/** How many of a hundred inputs go where; raw bytes take a connection each. */
const shares = { commands: 76, legacy: 12, requests: 11, bytes: 1 } as const;
const rounds = 10;

export interface FuzzResult {
  readonly commands: number;
  /** Messages of the old wire format. */
  readonly legacy: number;
  readonly requests: number;
  readonly bytes: number;
  readonly acknowledged: number;
  /** After the first tenth, in which the server warms up, and at the end. */
  readonly residentBytes: readonly [number, number];
  /** Journeys of a person who knows nothing of all that. */
  readonly journeys: number;
  /** What the server printed. */
  readonly output: string;
}

/** Rejects at the first answer that is none, or is not allowed. */
export async function fuzz(
  seed: string,
  inputs: number,
  onRound: (round: number) => void = () => undefined,
): Promise<FuzzResult> {
  const big = 1_000_000_000;
  const limits = {
    commandsPerMinuteMax: big,
    signInAttemptsPerMinuteMax: big,
    refusedCommandsInRowMax: big,
    threadsPerUserMax: big,
    queuedRunsPerThreadMax: 16,
    helloTimeoutMs: 1_000,
  };
  await using world = await ScriptedWorld.start(limits, { THROUGHLINE_WIRE_BRIDGE: "2099-12-31" });
  const memory: number[] = [];
  const counts = { commands: 0, legacy: 0, requests: 0, bytes: 0, acknowledged: 0, journeys: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const random = new Random(`fuzz ${seed} ${round}`);
    // Another user each round: what was accepted by mistake of a mutation does not pile up in one feed.
    const user = `fuzzer${round}`;
    await using own = await world.webSocket(user);
    const { threadId } = await own.command("thread.create", { title: "mine" });
    const token = (await world.credential(user)).bearer;
    const server: FuzzedServer = { url: world.server.url, token, threadId, cursor: own.cursor ?? "" };
    const part = (share: number) => Math.ceil((inputs * share) / 100 / rounds);
    counts.acknowledged += await fuzzCommands(server, random.stream("commands"), part(shares.commands));
    counts.acknowledged += await fuzzLegacy(server, random.stream("legacy"), part(shares.legacy));
    await fuzzRequests(server, random.stream("requests"), part(shares.requests));
    await fuzzBytes(server, random.stream("bytes"), part(shares.bytes));
    counts.commands += part(shares.commands);
    counts.legacy += part(shares.legacy);
    counts.requests += part(shares.requests);
    counts.bytes += part(shares.bytes);
    // Under a name of the round: tokens do not last as long as a million inputs.
    await using device = await world.webSocket(`bystander${round}`);
    const { runId } = await device.command("message.send", {
      text: script({ say: "still here" }, { call: "write_again", label: `r${round}` }),
    });
    const { data } = await device.ended(runId);
    if (data.outcome !== "completed") throw new Error(`the bystander's run ended as ${data.outcome}`);
    counts.journeys += 1;
    memory.push(world.server.residentBytes());
    onRound(round);
  }
  const alive = await fetch(`${world.server.url}/livez`);
  if (!alive.ok) throw new Error(`the server says ${alive.status}`);
  const output = world.server.output
    .split("\n")
    .filter((line) => line !== "" && !line.includes('"event":"listening"'))
    .join("\n");
  return { ...counts, residentBytes: [memory[0] as number, memory.at(-1) as number], output };
}
