import { setTimeout as sleep } from "node:timers/promises";
import type { RunId, ThreadId } from "@throughline/protocol";
import { credentialHeaders, postJson, signIn, signUp } from "../support/account.ts";
import { script } from "../support/scripted-agent.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { TestDevice } from "../support/test-device.ts";
import type { Latencies } from "./latencies.ts";
import { Ledger } from "./ledger.ts";

export interface PersonOptions {
  readonly server: ServerProcess;
  readonly name: string;
  readonly latencies: Latencies;
  readonly random: () => number;
  /** Mean time between two things that the person does. */
  readonly paceMs: number;
  readonly retentionMs: number;
}

/** Lives of a device are short, so that what it remembers does not grow. */
const lifeEventsMax = 2_000;
const threadsMax = 4;

/** One user with a device that is nearly always there, and others that come and go. Throws when anything is not as promised. */
export class Person {
  readonly #options: PersonOptions;
  readonly #ledger = new Ledger();
  #credential!: Awaited<ReturnType<typeof signUp>>;
  #home!: TestDevice;
  #threads: ThreadId[] = [];
  /** Where the second device left. */
  #left: { readonly cursor: string; readonly at: number; readonly returnsAt: number } | undefined;
  #commands = 0;
  readonly counts = {
    runs: 0,
    stops: 0,
    approvals: 0,
    visits: 0,
    resets: 0,
    slow: 0,
    sessions: 0,
    threads: 0,
    requests: 0,
  };

  constructor(options: PersonOptions) {
    this.#options = options;
  }

  get events(): number {
    return this.#ledger.events;
  }

  async live(signal: AbortSignal): Promise<void> {
    const { server, name } = this.#options;
    this.#credential = await signUp(server, name);
    this.#home = await TestDevice.webSocket(server, this.#credential);
    while (!signal.aborted) {
      await this.#doSomething();
      if (this.#home.events.length > lifeEventsMax) await this.#reopenHome();
      await sleep(this.#options.random() * 2 * this.#options.paceMs, undefined, { signal }).catch(() => undefined);
    }
    // All that is left to arrive: both devices end at the head of the feed.
    await using last = await TestDevice.webSocket(server, this.#credential);
    const { head } = last.welcome ?? { head: "" };
    await this.#home.reached(Number(head.slice(head.indexOf("-") + 1)));
    this.#ledger.take(this.#home);
    this.#home.drop();
    this.#home.check();
  }

  #doSomething(): Promise<void> {
    const things: readonly (readonly [number, () => Promise<void>])[] = [
      [40, () => this.#talk()],
      [8, () => this.#stop()],
      [6, () => this.#approve()],
      [8, () => this.#tidyThreads()],
      [14, () => this.#visit()],
      [4, () => this.#readSlowly()],
      [8, () => this.#request()],
      [3, () => this.#changeSession()],
    ];
    let place = this.#options.random() * things.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, thing] of things) {
      place -= weight;
      if (place < 0) return thing();
    }
    return this.#talk();
  }

  async #talk(): Promise<void> {
    const label = this.#label();
    const { latencies } = this.#options;
    const asked = performance.now();
    const runId = await this.#send(
      script(
        { stream: 10, everyMs: 15 },
        { call: "write_once", label: `${label}a` },
        {
          together: [
            { call: "write_again", label: `${label}b` },
            { call: "write_once", label: `${label}c` },
          ],
        },
        { say: `Done, ${"word ".repeat(40)}` },
      ),
    );
    latencies.add("acknowledged", performance.now() - asked);
    await this.#home.event("agent_started", runId);
    latencies.add("firstEvent", performance.now() - asked);
    const { data } = await this.#home.ended(runId);
    latencies.add("answer", performance.now() - asked);
    if (data.outcome !== "completed")
      throw new Error(`${runId} ended as ${data.outcome}: ${JSON.stringify(data.error)}`);
    const types = new Set(this.#home.of(runId).map(({ type }) => type));
    for (const type of [
      "agent_started",
      "agent_thinking",
      "tool_executing",
      "tool_completed",
      "agent_completed",
    ] as const) {
      if (!types.has(type)) throw new Error(`${runId} had no ${type}`);
    }
  }

  async #stop(): Promise<void> {
    const runId = await this.#send(script({ stream: 2_000, everyMs: 10 }));
    await this.#home.event("agent_delta", runId);
    await this.#home.command("run.stop", { runId });
    const { data } = await this.#home.ended(runId);
    if (data.outcome !== "cancelled") throw new Error(`${runId} was stopped and ended as ${data.outcome}`);
    this.counts.stops += 1;
  }

  async #approve(): Promise<void> {
    const runId = await this.#send(script({ call: "ask_first", label: this.#label() }));
    const { data } = await this.#home.event("approval_requested", runId);
    const decision = this.#options.random() < 0.5 ? "approve" : "deny";
    const { server } = this.#options;
    const other = await TestDevice.sse(server, this.#credential);
    await other.command("approval.answer", { callId: data.callId, digest: data.digest, decision });
    other.drop();
    const completed = await this.#home.event("tool_completed", runId);
    const outcome = decision === "approve" ? "completed" : "denied";
    if (completed.data.outcome !== outcome)
      throw new Error(`an answer of ${decision} became ${completed.data.outcome}`);
    await this.#home.ended(runId);
    this.counts.approvals += 1;
  }

  async #tidyThreads(): Promise<void> {
    const { threadId } = await this.#home.command("thread.create", { title: "a thread" });
    await this.#home.command("thread.rename", { threadId, title: "a thread, renamed" });
    await this.#home.command("thread.delete", { threadId });
    this.counts.threads += 1;
  }

  /** The second device comes from where it left, sees what was there when it came, and goes. */
  async #visit(): Promise<void> {
    const { server, random, retentionMs } = this.#options;
    const left = this.#left;
    // Now and then it stays away for longer than what was deleted is kept.
    if (left !== undefined && left.returnsAt > Date.now()) return;
    const after = left?.cursor ?? null;
    const options = after === null ? {} : { after };
    const device =
      random() < 0.5
        ? await TestDevice.sse(server, this.#credential, options)
        : await TestDevice.webSocket(server, this.#credential, options);
    const { head } = device.welcome ?? { head: "" };
    await device.reached(Number(head.slice(head.indexOf("-") + 1)));
    device.drop();
    device.check();
    this.#ledger.take(device);
    const now = Date.now();
    for (const { reason } of device.resets) {
      // What it had not seen was deleted while it was away, and that is kept for as long as the retention says.
      const awayMs = left === undefined ? 0 : now - left.at;
      if (reason !== "truncated" || awayMs < retentionMs) throw new Error(`a reset for ${reason} after ${awayMs} ms`);
      this.counts.resets += 1;
    }
    const staysAwayMs = random() < 0.03 ? 3 * retentionMs : 0;
    this.#left = { cursor: device.cursor ?? head, at: now, returnsAt: now + staysAwayMs };
    this.counts.visits += 1;
  }

  async #readSlowly(): Promise<void> {
    const { server } = this.#options;
    const device = await TestDevice.webSocket(server, this.#credential);
    device.pauseReading();
    const runId = await this.#send(script({ produce: 200, bytes: 400 }));
    await this.#home.ended(runId);
    const sequence = this.#home.sequence;
    device.resumeReading();
    await device.reached(sequence);
    device.drop();
    device.check();
    this.#ledger.take(device);
    this.counts.slow += 1;
  }

  async #request(): Promise<void> {
    const { server } = this.#options;
    const headers = credentialHeaders(this.#credential);
    const threads = await fetch(`${server.url}/v1/threads`, { headers });
    if (!threads.ok) throw new Error(`unable to list threads; ${threads.status}`);
    const body = (await threads.json()) as { readonly threads: readonly { readonly threadId: ThreadId }[] };
    const [thread] = body.threads;
    if (thread !== undefined) {
      const response = await fetch(`${server.url}/v1/threads/${thread.threadId}`, { headers });
      await response.arrayBuffer();
      // Retention may have deleted it between the two.
      if (!response.ok && response.status !== 404) throw new Error(`unable to read a thread; ${response.status}`);
    }
    const ticket = await postJson(server, "/v1/ticket", {}, headers);
    if (!ticket.ok) throw new Error(`unable to get a ticket; ${ticket.status}`);
    await ticket.arrayBuffer();
    this.counts.requests += 1;
  }

  /** Signs in anew and out of the old session, which closes the connections that it carried. */
  async #changeSession(): Promise<void> {
    const { server, name } = this.#options;
    const old = this.#credential;
    this.#credential = await signIn(server, name);
    const out = await postJson(server, "/api/auth/sign-out", {}, credentialHeaders(old));
    await out.arrayBuffer();
    if (!out.ok) throw new Error(`unable to sign out; ${out.status}`);
    const { code } = await this.#home.untilClosed();
    if (code !== 4401) throw new Error(`signing out closed the connection with ${code}`);
    await this.#reopenHome();
    this.counts.sessions += 1;
  }

  async #reopenHome(): Promise<void> {
    this.#home.drop();
    this.#home.check();
    this.#ledger.take(this.#home);
    if (this.#home.resets.length > 0) throw new Error("a device that was there got a reset");
    const { cursor } = this.#home;
    this.#home = await TestDevice.webSocket(this.#options.server, this.#credential, cursor ? { after: cursor } : {});
  }

  /** Sends into one of the threads, or into a new one; retention may have deleted the thread meanwhile. */
  async #send(text: string): Promise<RunId> {
    const { random } = this.#options;
    const known = random() < 0.7 ? this.#threads[Math.floor(random() * this.#threads.length)] : undefined;
    const reply = await this.#home.ask("message.send", known === undefined ? { text } : { threadId: known, text });
    if (!reply.ok) {
      if (known === undefined || reply.error.code !== "not_found")
        throw new Error(`refused: ${JSON.stringify(reply.error)}`);
      this.#threads = this.#threads.filter((threadId) => threadId !== known);
      return this.#send(text);
    }
    const { threadId, runId } = reply.data as { readonly threadId: ThreadId; readonly runId: RunId };
    if (known === undefined) this.#threads = [threadId, ...this.#threads].slice(0, threadsMax);
    this.counts.runs += 1;
    return runId;
  }

  #label(): string {
    this.#commands += 1;
    return `${this.#options.name}-${this.#commands}-`;
  }
}
