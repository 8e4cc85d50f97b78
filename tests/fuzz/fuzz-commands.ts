/** Commands and frames over a WebSocket: hundreds at a time, each answered as it should be, or the connection closed. */
import { once } from "node:events";
import { WebSocket } from "ws";
import type { Random } from "../simulation/random.ts";
import { checkError, shown } from "./answers.ts";
import { commandTypes, goodFields, isAcceptable } from "./good-commands.ts";
import { hostileValue, mutatedObject } from "./hostile-values.ts";

const atOnce = 24;
const batchesMax = 20;
const answerMsMax = 20_000;
/** What a server may close a connection with that says nonsense. */
const closeCodes = new Set([1002, 1003, 1007, 1009, 4400, 4429]);
const idPattern = /^[A-Za-z0-9_-]{1,64}$/;

export interface FuzzedServer {
  readonly url: string;
  readonly token: string;
  /** Where the feed of the user once ended. */
  readonly cursor: string;
  /** A thread of the user that the token stands for. */
  readonly threadId: string;
}

/** Sends so many inputs; resolves with how many commands were acknowledged. */
export async function fuzzCommands(server: FuzzedServer, random: Random, inputs: number): Promise<number> {
  let sent = 0;
  let acknowledged = 0;
  let serial = 0;
  while (sent < inputs) {
    const connection = await Connection.open(server);
    // Not the whole number over one connection, so that many come back with a cursor.
    for (let batches = 0; batches < batchesMax && sent < inputs && connection.open; batches += 1) {
      const batch = Array.from({ length: Math.min(atOnce, inputs - sent) }, () => {
        serial += 1;
        return random.chance(0.01) ? anyFrame(random) : command(server, random, serial);
      });
      sent += batch.length;
      acknowledged += await connection.exchange(batch);
    }
    connection.close();
    sent += 1;
    await Connection.comeBack(server, random);
  }
  return acknowledged;
}

function command(server: FuzzedServer, random: Random, serial: number): string {
  const type = random.pick(commandTypes);
  const data = mutatedObject(goodFields(type, server.threadId, random), random);
  const fields: Record<string, string> = {
    kind: '"command"',
    id: `"f-${serial}"`,
    type: random.chance(0.1) ? hostileValue(random) : JSON.stringify(type),
    data: random.chance(0.05) ? hostileValue(random) : data,
  };
  // Mostly the envelope is whole, so that the route gets to see the data.
  return random.chance(0.01)
    ? mutatedObject(fields, random)
    : `{${Object.entries(fields)
        .map(([name, value]) => `"${name}":${value}`)
        .join(",")}}`;
}

function anyFrame(random: Random): string {
  const kind = random.pick(['"hello"', '"ping"', '"command"', '"welcome"', '"events"', hostileValue(random)]);
  return mutatedObject(
    { kind, protocol: "1", after: hostileValue(random), id: '"x"', type: '"x"', data: "{}" },
    random,
  );
}

/** As JSON: one that was given out, with a character changed, its number changed, or something else altogether. */
function bentCursor(cursor: string, random: Random): string {
  const place = random.integer(0, cursor.length - 1);
  const [epoch = "", sequence = ""] = cursor.split("-");
  return random.pick([
    () => JSON.stringify(cursor),
    () =>
      JSON.stringify(
        cursor.slice(0, place) + random.pick(["0", "z", "-", "é", "\u0000", ""]) + cursor.slice(place + 1),
      ),
    () => JSON.stringify(`${epoch}-${random.pick(["0", "-1", "1e9", "9007199254740993", "00", `${sequence}0`])}`),
    () => JSON.stringify(`${sequence}-${epoch}`),
    () => hostileValue(random),
  ])();
}

class Connection {
  readonly #socket: WebSocket;
  readonly #replies = new Map<string, { readonly ok: boolean; readonly error?: { code: string; message: string } }>();
  #code: number | undefined;
  #wake: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      const frame = JSON.parse(data.toString()) as { kind: string; id: string; ok: boolean };
      if (frame.kind === "reply") this.#replies.set(frame.id, frame);
      this.#wake();
    });
    socket.on("error", () => undefined);
    socket.on("close", (code) => {
      this.#code = code;
      this.#wake();
    });
  }

  static async open(server: FuzzedServer): Promise<Connection> {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/v1/connect`, ["throughline.v1"], {
      headers: { authorization: `Bearer ${server.token}` },
      perMessageDeflate: false,
    });
    await once(socket, "open");
    socket.send('{"kind":"hello","protocol":1,"after":null}');
    await once(socket, "message");
    return new Connection(socket);
  }

  /** Comes with a cursor that may be anything: a welcome, and from then on the head or a reset, or it is no cursor and that ends it. */
  static async comeBack(server: FuzzedServer, random: Random): Promise<void> {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/v1/connect`, ["throughline.v1"], {
      headers: { authorization: `Bearer ${server.token}` },
      perMessageDeflate: false,
    });
    await once(socket, "open");
    const after = bentCursor(server.cursor, random);
    const hello = `{"kind":"hello","protocol":1,"after":${after}}`;
    const answer = new Promise<string>((resolve) => {
      socket.once("message", (data) => resolve((JSON.parse(data.toString()) as { kind: string }).kind));
      socket.once("close", (code) => resolve(String(code)));
      socket.on("error", () => undefined);
    });
    socket.send(hello);
    const deadline = setTimeout(() => socket.terminate(), answerMsMax);
    const answered = await answer;
    clearTimeout(deadline);
    socket.terminate();
    if (answered !== "welcome" && answered !== "4400" && answered !== "1009") {
      throw new Error(`answered with ${answered} to ${shown(hello)}`);
    }
  }

  get open(): boolean {
    return this.#code === undefined;
  }

  /** Sends the inputs and waits until each that could have a reply has one, or the connection was closed for one that could not. */
  async exchange(inputs: readonly string[]): Promise<number> {
    const expected = new Map<string, { readonly input: string; readonly acceptable: boolean }>();
    let mayClose = false;
    for (const input of inputs) {
      const envelope = envelopeOf(input);
      if (envelope === undefined) mayClose = true;
      else if (envelope.id !== undefined)
        expected.set(envelope.id, { input, acceptable: isAcceptable(envelope.type, envelope.data) });
      this.#socket.send(input);
    }
    const deadline = setTimeout(() => {
      this.#code ??= -1;
      this.#wake();
    }, answerMsMax);
    while (this.open && [...expected.keys()].some((id) => !this.#replies.has(id))) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(deadline);
    if (this.#code === -1) throw new Error(`no answer to one of ${inputs.map(shown).join(" ")}`);
    if (!this.open && !(mayClose && closeCodes.has(this.#code ?? 0))) {
      throw new Error(`closed with ${this.#code} after ${inputs.map(shown).join(" ")}`);
    }
    let acknowledged = 0;
    for (const [id, { input, acceptable }] of expected) {
      const reply = this.#replies.get(id);
      if (reply === undefined) continue;
      if (reply.ok) {
        acknowledged += 1;
        if (!acceptable) throw new Error(`acknowledged ${shown(input)}`);
      } else checkError(reply.error ?? {}, shown(input));
    }
    this.#replies.clear();
    return acknowledged;
  }

  close(): void {
    this.#socket.terminate();
  }
}

/** What the server must see in it: a command with an id, another good frame (no id), or nothing that is a frame. */
function envelopeOf(
  input: string,
): { readonly id?: string; readonly type?: unknown; readonly data?: unknown } | undefined {
  let frame: Record<string, unknown>;
  try {
    frame = JSON.parse(input) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  if (typeof frame !== "object" || frame === null || Array.isArray(frame)) return undefined;
  const names = Object.keys(frame).sort().join();
  if (frame.kind === "ping" && names === "kind") return {};
  const { id, type, data } = frame;
  const whole =
    frame.kind === "command" &&
    typeof id === "string" &&
    idPattern.test(id) &&
    typeof type === "string" &&
    type.length <= 64 &&
    type.isWellFormed();
  return whole && names === "data,id,kind,type" ? { id: id as string, type, data } : undefined;
}
