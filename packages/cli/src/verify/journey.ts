/**
 * One journey: a message of a test user, its run as both devices see it, its answer, and the stored state afterwards, while
 * something happens to the devices or to the server in mid-answer.
 */
import { randomUUID } from "node:crypto";
import type { Answer, Deployment } from "./deployment.ts";
import type { ArrivedEvent, Device } from "./device.ts";
import { tryForeignIds } from "./hostile-ids.ts";
import { JourneyFailure } from "./measure-error.ts";
import type { OwnDeployment } from "./own-deployment.ts";
import type { Prompt, Prompts } from "./prompts.ts";
import { compareSnapshot } from "./snapshot-comparison.ts";
import type { TestUser } from "./test-user.ts";
import { isObject, type Reply, sequenceOf } from "./wire.ts";

export const journeyKinds = ["plain", "drop", "reconnect", "duplicate", "stop", "slow", "hostile", "kill"] as const;
export type JourneyKind = (typeof journeyKinds)[number];

export interface JourneyParts {
  readonly deployment: Deployment;
  /** Undefined: the deployment is not ours to kill. */
  readonly own: OwnDeployment | undefined;
  readonly prompts: Prompts;
  readonly disturbance: Disturbance;
}

/** When the server was last not there because of us. */
export interface Disturbance {
  /** Kills the server and starts it again, one after another however many ask. Resolves with when it was killed. */
  kill(): Promise<number>;
  /** By `performance.now()`; infinite while the server is starting. */
  readonly until: number;
}

/** In milliseconds from the moment at which the message was sent. */
export interface Latencies {
  readonly acknowledged: number;
  readonly firstEvent: number;
  readonly answer: number;
  /** Until the other device is shown the message. */
  readonly otherDevice: number;
}

/** What a journey has shown, as far as it came. */
export class JourneyFacts {
  /** Undefined when something was made to happen that takes time. */
  latencies: Latencies | undefined;
  /** From a kill until the run goes on, as each device saw it. */
  readonly resumeMs: number[] = [];
  /** Faults that met an unfinished answer, and those that came after its end. */
  readonly faults = { inTime: 0, tooLate: 0 };
  hostileRequests = 0;
  /** How many devices saw all five lifecycle events of a run that had to have them. */
  fiveEvents = 0;
  snapshots = 0;
}

interface Sent {
  readonly id: string;
  readonly data: { readonly text: string };
  readonly at: number;
  readonly acknowledgedAt: number;
  readonly threadId: string;
  readonly runId: string;
}

interface Snapshot {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
  /** The place in the feed that it is true at. */
  readonly sequence: number;
}

const lifecycle = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"];
const endTypes = ["agent_completed"];
/** What shows that an answer is under way. */
const answerTypes = ["agent_delta", ...endTypes];
const dropCount = 2;
const reconnectCount = 3;
/** What the network and this program may take on top of what the deployment promises. */
const stopSlackMs = 2_000;

export class Journey {
  readonly kind: JourneyKind;
  readonly facts = new JourneyFacts();
  readonly #parts: JourneyParts;
  readonly #deployment: Deployment;
  readonly #user: TestUser;
  readonly #other: TestUser | undefined;
  readonly #number: number;
  /** Sends; the other one looks on, stops and is slow. */
  readonly #first: Device;
  readonly #second: Device;
  /** What the observer had found about the user before this journey. */
  #foundBefore = 0;

  /** `other`: somebody else with a thread, whose ids a hostile journey tries. */
  constructor(
    parts: JourneyParts,
    plan: {
      readonly user: TestUser;
      readonly other?: TestUser | undefined;
      readonly kind: JourneyKind;
      readonly number: number;
    },
  ) {
    this.kind = plan.kind;
    this.#parts = parts;
    this.#deployment = parts.deployment;
    this.#user = plan.user;
    this.#other = plan.other;
    this.#number = plan.number;
    const [one, two] = plan.user.devices;
    // Either transport has to do everything.
    const isSwapped = Math.floor(plan.number / journeyKinds.length) % 2 === 1;
    [this.#first, this.#second] = isSwapped ? [two, one] : [one, two];
  }

  get #devices(): readonly [Device, Device] {
    return [this.#first, this.#second];
  }

  /** Rejects with a `JourneyFailure` that says what went wrong first. */
  async go(): Promise<void> {
    this.#foundBefore = this.#deployment.observer.countOf(this.#user.label);
    try {
      // A foreign deployment limits sign-ins for everybody at one address.
      if (this.#parts.own !== undefined) await this.#user.person.credentials[0].renew();
      await Promise.all(this.#devices.map((device) => device.connect()));
      if (this.kind === "hostile" && this.#other?.target !== undefined) {
        this.facts.hostileRequests += await tryForeignIds(this.#deployment, this.#user, this.#other.target);
      }
      if (this.kind === "slow") this.#second.pause();
      const isShort = this.kind === "plain" || this.kind === "hostile";
      const prompt = this.#parts.prompts[isShort ? "short" : "long"](this.#user.canary, this.#number);
      const sent = await this.#send(prompt);
      await this.#see(prompt, sent);
      if (this.kind === "duplicate") await this.#sendAgain(sent);
      this.#measure(sent);
      await this.#replaceThread(sent);
      this.#throwFound();
    } finally {
      for (const device of this.#devices) {
        device.leave();
        device.watch.settle();
      }
      this.#user.forget();
    }
  }

  /** From the acknowledgement to the stored answer. */
  async #see(prompt: Prompt, sent: Sent): Promise<void> {
    try {
      await this.#meddle(sent);
      const ended = await this.#end(sent);
      const snapshot = await this.#snapshot(sent.threadId);
      await this.#catchUp(snapshot.sequence);
      // What is missing or foreign is the reason for whatever else would be found wrong.
      this.#throwFound();
      this.#compareStored(sent, ended, snapshot);
      await this.#findInList(sent);
      this.#judgeRun(prompt, sent, ended);
    } catch (error) {
      if (error instanceof JourneyFailure && error.line === "reliability") await this.#diagnose(sent);
      throw error;
    }
  }

  #throwFound(): void {
    const { observer } = this.#deployment;
    if (observer.countOf(this.#user.label) === this.#foundBefore) return;
    const last = observer.findings().findLast(({ user }) => user === this.#user.label);
    throw new JourneyFailure("observed", `${last?.kind}: ${last?.detail}`);
  }

  /** Sends the message; in a `duplicate` journey three times with one id, over both devices at once. */
  async #send({ text }: Prompt): Promise<Sent> {
    const id = randomUUID();
    const at = performance.now();
    const copies = this.kind === "duplicate" ? [this.#first, this.#first, this.#second] : [this.#first];
    const replies = await Promise.all(copies.map((device) => device.command("message.send", { text }, id)));
    const acknowledgedAt = performance.now();
    const accepted = replies.map((reply) => acceptedData(reply, "message.send"));
    const [data = {}] = accepted;
    const { threadId, runId, sequence } = data;
    if (typeof threadId !== "string" || typeof runId !== "string" || typeof sequence !== "number") {
      throw new JourneyFailure("reliability", `message.send is acknowledged with ${JSON.stringify(data)}`);
    }
    const original = replies.filter((reply) => reply.ok && !reply.duplicate).length;
    // None is the original when its reply was lost on the way.
    if (accepted.some((other) => JSON.stringify(other) !== JSON.stringify(data)) || original > 1) {
      this.#find("duplicate", `one command is answered with ${JSON.stringify(replies)}`);
    }
    this.#user.threads.add(threadId);
    return { id, data: { text }, at, acknowledgedAt, threadId, runId };
  }

  /** What happens to the devices or the server in mid-answer. */
  async #meddle(sent: Sent): Promise<void> {
    const { runId } = sent;
    switch (this.kind) {
      case "drop":
        await Promise.all(this.#devices.map((device) => this.#repeat(device, runId, dropCount, () => device.drop())));
        return;
      case "reconnect":
        await Promise.all(
          this.#devices.map((device) => this.#repeat(device, runId, reconnectCount, () => device.leave())),
        );
        return;
      case "stop":
        return this.#stop(sent);
      case "kill":
        return this.#kill(sent);
    }
  }

  async #repeat(device: Device, runId: string, count: number, lose: () => void): Promise<void> {
    await device.event(runId, ...answerTypes);
    for (let round = 0; round < count; round += 1) {
      this.#countFault(device, runId);
      lose();
      await device.until(() => !device.isConnected, "the end of the connection");
      await device.connect();
    }
  }

  async #stop({ runId, threadId }: Sent): Promise<void> {
    await this.#second.event(runId, ...answerTypes);
    const { stopGraceMs = 0 } = this.#second.limits;
    const disturbedUntil = this.#parts.disturbance.until;
    const { state } = acceptedData(await this.#second.command("run.stop", { runId }), "run.stop");
    const acknowledgedAt = performance.now();
    if (state === "ended" && runIn((await this.#snapshot(threadId)).json, runId)?.endedAt === undefined) {
      throw new JourneyFailure("stop", `the stop of ${runId} is answered with "ended", and the run goes on`);
    }
    const { event, at } = await this.#second.event(runId, ...endTypes);
    const wasAsked = this.#second.eventsOf(runId).some(({ type }) => type === "run_stop_requested");
    if (state !== "ended" && !wasAsked) {
      throw new JourneyFailure("stop", `the stop of ${runId} was acknowledged, and no event says so`);
    }
    this.facts.faults[event.data.outcome === "cancelled" ? "inTime" : "tooLate"] += 1;
    const took = at - acknowledgedAt;
    if (took > 2 * stopGraceMs + stopSlackMs && this.#parts.disturbance.until === disturbedUntil) {
      throw new JourneyFailure("stop", `${runId} ended ${Math.round(took)} ms after its stop was acknowledged`);
    }
  }

  /** Half of the kills come while the tool runs, half while the answer is written. */
  async #kill({ runId }: Sent): Promise<void> {
    await this.#first.event(runId, ...(this.#number % 2 === 0 ? ["tool_executing"] : answerTypes));
    const killedAt = await this.#parts.disturbance.kill();
    for (const device of this.#devices) {
      await device.event(runId, ...endTypes);
      const resumed = device.events.find(({ event, at }) => isResumption(event, runId) && at > killedAt);
      if (resumed !== undefined) this.facts.resumeMs.push(resumed.at - killedAt);
    }
    // It may have had to wait for another kill, and have ended meanwhile.
    this.facts.faults[this.facts.resumeMs.length > 0 ? "inTime" : "tooLate"] += 1;
  }

  #countFault(device: Device, runId: string): void {
    const hasEnded = device.eventsOf(runId).some(({ type }) => endTypes.includes(type));
    this.facts.faults[hasEnded ? "tooLate" : "inTime"] += 1;
  }

  /** Resolves once both devices have seen the end. What asks for approval is refused: the tool is not ours. */
  async #end({ runId }: Sent): Promise<ArrivedEvent> {
    const denied = new Set<unknown>();
    for (;;) {
      const asked = () =>
        this.#first.eventsOf(runId).find(({ type, data }) => type === "approval_requested" && !denied.has(data.callId));
      const end = () => this.#first.events.find(({ event }) => event.runId === runId && endTypes.includes(event.type));
      await this.#first.until(() => end() !== undefined || asked() !== undefined, `the end of ${runId}`);
      const ended = end();
      if (ended !== undefined) {
        if (this.kind === "slow") this.#slowEnds(runId);
        await this.#second.event(runId, ...endTypes);
        return ended;
      }
      const { callId, digest } = asked()?.data ?? {};
      denied.add(callId);
      await this.#second.command("approval.answer", { callId, digest, decision: "deny" });
    }
  }

  #slowEnds(runId: string): void {
    this.#countFault(this.#second, runId);
    this.#second.resume();
  }

  /** Whether the answer is what it should be, as both devices have seen it. */
  #judgeRun(prompt: Prompt, sent: Sent, ended: ArrivedEvent): void {
    const { outcome, message, error } = ended.event.data;
    const mayBeCancelled = this.kind === "stop";
    if (outcome !== "completed" && !(mayBeCancelled && outcome === "cancelled")) {
      throw new JourneyFailure("reliability", `the run ended as ${outcome}: ${JSON.stringify(error)}`);
    }
    for (const device of this.#devices) {
      const events = device.eventsOf(sent.runId);
      this.#judgeMessage(device, sent);
      if (outcome !== "completed") continue;
      const answer = isObject(message) && typeof message.text === "string" ? message.text : "";
      const wrong = prompt.judge(answer, events);
      if (wrong !== undefined) this.#lose(`${wrong} (${sent.runId})`);
      if (!prompt.asksForTool) continue;
      const unseen = lifecycle.filter((type) => !events.some((event) => event.type === type));
      if (unseen.length > 0) {
        throw new JourneyFailure("five-events", `${device.transport} saw no ${unseen.join(", ")} of ${sent.runId}`);
      }
      this.facts.fiveEvents += 1;
    }
  }

  #judgeMessage(device: Device, { id, data, runId }: Sent): void {
    const accepted = device.eventsOf(runId).find(({ type }) => type === "message_accepted");
    if (accepted?.data.commandId === id && accepted.data.text === data.text) return;
    this.#lose(`the message of ${runId} is ${JSON.stringify(accepted?.data)} over ${device.transport}`);
  }

  #compareStored({ threadId, runId }: Sent, ended: ArrivedEvent, { status, json, sequence }: Snapshot): void {
    const view = runIn(json, runId);
    if (status !== 200 || view === undefined || sequence < ended.event.sequence) {
      const reason = status === 200 ? `it holds no ${runId} at ${sequence}` : `it is answered with ${status}`;
      throw new JourneyFailure("stored", `the snapshot of ${threadId} does not hold what was seen: ${reason}`);
    }
    for (const device of this.#devices) {
      const difference = compareSnapshot(device.eventsOf(runId), view);
      if (difference === undefined) continue;
      throw new JourneyFailure("stored", `${runId} is stored otherwise than ${device.transport} saw it; ${difference}`);
    }
    this.facts.snapshots += 1;
  }

  async #findInList({ threadId, runId }: Sent): Promise<void> {
    const { threads } = (await this.#read("/v1/threads")).json;
    const entry = Array.isArray(threads)
      ? threads.find((thread) => isObject(thread) && thread.threadId === threadId)
      : null;
    if (isObject(entry) && Array.isArray(entry.openRunIds) && !entry.openRunIds.includes(runId)) return;
    throw new JourneyFailure("stored", `the list of threads has ${threadId} as ${JSON.stringify(entry)}`);
  }

  async #snapshot(threadId: string): Promise<Snapshot> {
    const { status, json } = await this.#read(`/v1/threads/${threadId}`);
    const sequence = typeof json.cursor === "string" ? sequenceOf(json.cursor) : 0;
    return { status, json, sequence };
  }

  async #read(path: string): Promise<Answer> {
    const headers = await this.#user.person.credentials[0].headers();
    return this.#deployment.ask(path, { headers, user: this.#user.label });
  }

  async #catchUp(sequence: number): Promise<void> {
    for (const device of this.#devices) {
      await device.until(() => device.watch.sequence >= sequence, `event ${sequence} over ${device.transport}`);
      device.watch.settle();
    }
  }

  /** Something did not come: whether it was stored, and so was lost on its way, or lost before that. */
  async #diagnose({ id, threadId, runId }: Sent): Promise<void> {
    const { status, json, sequence } = await this.#snapshot(threadId);
    const view = runIn(json, runId);
    if (view === undefined) this.#lose(`message ${id} was acknowledged and is not stored (${status})`);
    for (const device of this.#devices) {
      if (device.watch.sequence >= sequence) continue;
      this.#find("loss", `events ${device.watch.sequence + 1} to ${sequence} did not come over ${device.transport}`);
    }
  }

  /** The same command again, and with other content. */
  async #sendAgain({ id, data, runId }: Sent): Promise<void> {
    const again = await this.#second.command("message.send", data, id);
    if (!again.ok || !again.duplicate || again.data.runId !== runId) {
      this.#find(
        "duplicate",
        `a command that was answered with ${runId} is answered again with ${JSON.stringify(again)}`,
      );
    }
    const other = await this.#first.command("message.send", { text: `${data.text} ` }, id);
    if (other.ok || other.error.code !== "idempotency_conflict") {
      this.#find("duplicate", `the id of a command is taken for another: ${JSON.stringify(other)}`);
    }
  }

  #measure({ at, acknowledgedAt, runId }: Sent): void {
    if (this.kind !== "plain" || this.#parts.disturbance.until > at) return;
    const arrival = (device: Device, type?: string) =>
      device.events.find(({ event }) => event.runId === runId && (type === undefined || event.type === type))?.at ?? at;
    this.facts.latencies = {
      acknowledged: acknowledgedAt - at,
      firstEvent: arrival(this.#first) - at,
      answer: arrival(this.#first, "agent_completed") - at,
      otherDevice: arrival(this.#second) - at,
    };
  }

  /** Only the newest thread of a user stays, for strangers to try. */
  async #replaceThread({ threadId, runId }: Sent): Promise<void> {
    const before = this.#user.target;
    const callId = this.#first.eventsOf(runId).find(({ data }) => typeof data.callId === "string")?.data.callId;
    this.#user.target = { threadId, runId, callId: typeof callId === "string" ? callId : undefined };
    if (before === undefined) return;
    acceptedData(await this.#first.command("thread.delete", { threadId: before.threadId }), "thread.delete");
    this.#user.threads.delete(before.threadId);
  }

  #find(kind: "loss" | "duplicate", detail: string): void {
    this.#deployment.observer.add(kind, this.#user.label, detail);
  }

  #lose(detail: string): never {
    this.#find("loss", detail);
    throw new JourneyFailure("observed", detail);
  }
}

function acceptedData(reply: Reply, type: string): Readonly<Record<string, unknown>> {
  if (reply.ok) return reply.data;
  throw new JourneyFailure("reliability", `${type} is refused; ${reply.error.code}: ${reply.error.message}`);
}

function isResumption(event: { readonly type: string; readonly runId?: string }, runId: string): boolean {
  return event.type === "run_resumed" && event.runId === runId;
}

function runIn(snapshot: Readonly<Record<string, unknown>>, runId: string) {
  const { thread } = snapshot;
  const runs = isObject(thread) && Array.isArray(thread.runs) ? thread.runs.filter(isObject) : [];
  return runs.find((run) => run.runId === runId);
}
