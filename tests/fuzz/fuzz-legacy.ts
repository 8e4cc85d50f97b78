/** Messages of the old wire format at `/ws`, mutated: each is answered or ends its connection, and none is acknowledged that makes no sense. */
import { once } from "node:events";
import { WebSocket } from "ws";
import type { Random } from "../simulation/random.ts";
import { checkError, checkText, shown } from "./answers.ts";
import type { FuzzedServer } from "./fuzz-commands.ts";
import { hostileValue, mutatedObject } from "./hostile-values.ts";

const atOnce = 24;
const answerMsMax = 20_000;
/** What a server may close a connection with that says nonsense. */
const closeCodes = new Set([1002, 1003, 1007, 1009, 1013, 4400, 4429]);

/** Payloads that could be carried out, as JSON texts. */
const payloads: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  user_message: { content: '"hello"', references: "[]" },
  chat: { message: '"hello"' },
  chat_message: { text: '"hello"' },
  start_agent: { user_request: '"hello"', context: "{}" },
  agent_request: { message: '"hello"', turn_id: '"t"' },
  stop_agent: {},
  stop_processing: {},
  create_thread: { title: '"a title"' },
  get_thread_history: { limit: "5" },
  switch_thread: {},
  session_restore: { threadId: '"thr_aaaaaaaaaaaaaaaaaaaaaa"', lastMessageId: '"m"' },
  ping: {},
  heartbeat: {},
  get_quality_metrics: { agent_name: '"scripted"', period_hours: "24" },
  subscribe_quality_alerts: { action: '"subscribe"' },
  validate_content: { content: '"It depends."', content_type: '"report"', strict_mode: "true" },
  generate_quality_report: { report_type: '"summary"', period: '"day"' },
};
/** Whatever else is acknowledged with `ack` is a success that did not happen. */
const stored = new Set(
  "user_message chat chat_message start_agent agent_request stop_agent stop_processing create_thread".split(" "),
);

interface Answer {
  readonly type: string;
  readonly message_id?: string;
  readonly payload: { readonly code?: string; readonly message?: string };
}

/** Sends so many inputs; resolves with how many were acknowledged. */
export async function fuzzLegacy(server: FuzzedServer, random: Random, inputs: number): Promise<number> {
  let [sent, acknowledged] = [0, 0];
  while (sent < inputs) {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws`, {
      headers: { authorization: `Bearer ${server.token}` },
      perMessageDeflate: false,
    });
    socket.on("error", () => undefined);
    const told = gather(socket);
    await once(socket, "open");
    while (sent < inputs && told.code === undefined) {
      const batch = new Map<string, string>();
      for (let index = 0; index < Math.min(atOnce, inputs - sent); index += 1)
        batch.set(`l-${sent + index}`, message(server, random, `l-${sent + index}`));
      sent += batch.size;
      acknowledged += await exchange(socket, told, batch);
    }
    socket.terminate();
  }
  return acknowledged;
}

function message(server: FuzzedServer, random: Random, id: string): string {
  const type = random.pick(Object.keys(payloads));
  const payload = random.chance(0.05) ? hostileValue(random) : mutatedObject(payloads[type] ?? {}, random);
  const fields: Record<string, string> = {
    type: random.chance(0.05) ? hostileValue(random) : JSON.stringify(type),
    payload,
    message_id: JSON.stringify(id),
    timestamp: random.chance(0.5) ? '"2026-01-01T00:00:00Z"' : hostileValue(random),
  };
  if (random.chance(0.3))
    fields.thread_id = random.chance(0.7) ? JSON.stringify(server.threadId) : hostileValue(random);
  if (random.chance(0.1)) fields.run_id = hostileValue(random);
  if (random.chance(0.1)) fields.user_id = hostileValue(random);
  return random.chance(0.1) ? mutatedObject(fields, random) : plain(fields);
}

function plain(fields: Readonly<Record<string, string>>): string {
  return `{${Object.entries(fields)
    .map(([name, value]) => `"${name}":${value}`)
    .join(",")}}`;
}

interface Told {
  readonly answers: Answer[];
  code: number | undefined;
  wake(): void;
}

function gather(socket: WebSocket): Told {
  const told: Told = { answers: [], code: undefined, wake: () => undefined };
  socket.on("message", (data) => {
    told.answers.push(JSON.parse(data.toString()) as Answer);
    told.wake();
  });
  socket.on("close", (code) => {
    told.code = code;
    told.wake();
  });
  return told;
}

/** A ping at the end: when it is answered, everything before it was read. */
async function exchange(socket: WebSocket, told: Told, batch: ReadonlyMap<string, string>): Promise<number> {
  const last = `ping-${[...batch.keys()][0]}`;
  for (const text of batch.values()) socket.send(text);
  socket.send(JSON.stringify({ type: "ping", payload: {}, message_id: last }));
  const about = () => [...batch.values()].map(shown).join(" ");
  const deadline = setTimeout(() => {
    told.code ??= -1;
    told.wake();
  }, answerMsMax);
  while (told.code === undefined && !told.answers.some(({ message_id }) => message_id === last)) {
    await new Promise<void>((resolve) => {
      told.wake = resolve;
    });
  }
  clearTimeout(deadline);
  if (told.code !== undefined && !closeCodes.has(told.code))
    throw new Error(`closed with ${told.code} after ${about()}`);
  let acknowledged = 0;
  for (const { type, message_id: id = "", payload } of told.answers.splice(0)) {
    if (typeof type !== "string" || typeof payload !== "object")
      throw new Error(`no message of the format to ${about()}`);
    if (type === "error" && payload.code !== "agent_failed") checkError(payload, about());
    else checkText(JSON.stringify(payload), about());
    if (type !== "ack") continue;
    acknowledged += 1;
    const asked = batch.get(id);
    // What was asked in an earlier batch may be answered now.
    if (asked === undefined) continue;
    const { type: askedType } = JSON.parse(asked) as { type?: unknown };
    if (!stored.has(String(askedType))) throw new Error(`acknowledged ${shown(asked)}`);
  }
  return acknowledged;
}
