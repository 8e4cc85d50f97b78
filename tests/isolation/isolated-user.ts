import type { CommandType, RunId, ThreadId } from "@throughline/protocol";
import { type Credential, credentialHeaders, postJson, programToken, signIn, signUp } from "../support/account.ts";
import { script } from "../support/scripted-agent.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { TestDevice } from "../support/test-device.ts";
import { Witness } from "./witness.ts";

const eventsPerRun = 100;
const keepFrames = { keepFrames: true };

/** A user whose canary stands in everything that can be filled, with three devices, each signed in in its own way. */
export class IsolatedUser {
  readonly witness: Witness;
  readonly loot: { readonly threads: ThreadId[]; readonly runs: RunId[] } = { threads: [], runs: [] };
  /** How long live connections outlived their sessions, milliseconds. */
  readonly revocationsMs: number[] = [];
  readonly #server: ServerProcess;
  #home!: Awaited<ReturnType<typeof signUp>>;
  #phone!: Awaited<ReturnType<typeof signUp>>;
  #devices: TestDevice[] = [];
  #commands = 0;

  constructor(server: ServerProcess, name: string) {
    this.#server = server;
    this.witness = new Witness(name);
  }

  async arrive(): Promise<void> {
    const { canary } = this.witness;
    // Name and address carry it as well.
    this.#home = await signUp(this.#server, canary);
    const phone = await signIn(this.#server, canary);
    this.#devices = await Promise.all([
      TestDevice.webSocket(this.#server, this.#home, keepFrames),
      TestDevice.sse(this.#server, this.#home, keepFrames),
      TestDevice.webSocket(this.#server, { bearer: await programToken(this.#server, phone) }, keepFrames),
    ]);
    this.#phone = phone;
  }
  /** Talks until so many events are in the feed; half way the phone is signed out, and comes back. */
  async live(events: number, others: readonly IsolatedUser[], random: () => number): Promise<void> {
    const { canary } = this.witness;
    const [home] = this.#devices as [TestDevice, TestDevice, TestDevice];
    let revoked = false;
    while (home.sequence < events) {
      const actions = script(
        { say: `${canary} says` },
        {
          together: [
            { call: "write_again", label: `${canary}-a` },
            { call: "write_once", label: `${canary}-b` },
          ],
        },
        { produce: Math.max(1, Math.min(eventsPerRun, events - home.sequence)), bytes: 60 },
        { say: canary },
      );
      const { runId, threadId } = await this.#command(home, "message.send", { text: actions });
      this.loot.runs.push(runId as RunId);
      this.loot.threads.push(threadId as ThreadId);
      await this.#command(home, "thread.rename", { threadId, title: `${canary} title` });
      await Promise.all(this.#devices.map((device) => device.ended(runId as RunId)));
      await this.#attack(others[Math.floor(random() * others.length)], home);
      await this.#request("/v1/threads", this.#home);
      await this.#request(`/v1/threads/${threadId}`, this.#home);
      await this.#request("/api/auth/get-session", this.#home);
      if (!revoked && home.sequence >= events / 2) {
        revoked = true;
        await this.#losePhone(random() < 0.5);
      }
    }
  }

  /** Throws when a device was shown what the protocol does not allow, after all of it was looked through. */
  leave(): void {
    for (const device of this.#devices) {
      device.drop();
      this.witness.take(device);
    }
    for (const device of this.#devices) device.check();
  }

  async #command(device: TestDevice, type: CommandType, data: object): Promise<Record<string, string>> {
    this.#commands += 1;
    return (await device.command(type, data as never, `${this.witness.canary}-${this.#commands}`)) as Record<
      string,
      string
    >;
  }

  /** Everything that takes an id, with one of somebody else's; and names that other stores might read as something else. */
  async #attack(other: IsolatedUser | undefined, device: TestDevice): Promise<void> {
    const thread = other === this ? undefined : other?.loot.threads.at(-1);
    const run = other?.loot.runs.at(-1);
    if (other === undefined || thread === undefined || run === undefined) return;
    const attempts: readonly (readonly [string, unknown])[] = [
      ["message.send", { threadId: thread, text: "mine" }],
      ["run.stop", { runId: run }],
      ["thread.rename", { threadId: thread, title: "mine" }],
      ["thread.delete", { threadId: thread }],
      ["thread.delete", { threadId: "__proto__" }],
      ["thread.delete", { threadId: "thr_' OR 1=1 --" }],
      ["run.stop", { runId: "run_*" }],
      ["run.stop", { runId: "../../log.db" }],
      ["message.send", { threadId: `thr_${"x".repeat(4_096)}`, text: "mine" }],
      ["message.send", { text: "mine", userId: other.witness.canary }],
    ];
    for (const [type, data] of attempts) {
      const { code } = await device.refusal(type, data);
      if (code !== "not_found" && code !== "invalid_data" && code !== "too_large")
        throw new Error(`${type} was answered with ${code}`);
    }
    for (const path of [
      `/v1/threads/${thread}`,
      `/v1/threads/${encodeURIComponent(`../${thread}`)}`,
      `/v1/events?after=${encodeURIComponent(other.#devices[0]?.cursor ?? "")}&user=${other.witness.canary}`,
    ]) {
      await this.#request(path, this.#home, path.startsWith("/v1/events") ? [200] : [404, 422]);
    }
  }

  async #request(path: string, credential: Credential, statuses: readonly number[] = [200]): Promise<void> {
    const abort = new AbortController();
    const response = await fetch(`${this.#server.url}${path}`, {
      headers: credentialHeaders(credential),
      signal: abort.signal,
    });
    if (!statuses.includes(response.status)) throw new Error(`${path} was answered with ${response.status}`);
    if (response.headers.get("content-type")?.startsWith("text/event-stream") === true) {
      // The beginning of the stream; it would go on for ever.
      const { value } = (await response.body?.getReader().read()) ?? {};
      this.witness.takeText(Buffer.from(value ?? []).toString());
      abort.abort();
    } else this.witness.takeText(await response.text());
  }

  /** Ends the phone's session, from the phone or from the other device; its live connection has to end with it. */
  async #losePhone(bySigningOut: boolean): Promise<void> {
    const phone = this.#devices[2] as TestDevice;
    const began = performance.now();
    const response = bySigningOut
      ? await postJson(this.#server, "/api/auth/sign-out", {}, credentialHeaders(this.#phone))
      : await postJson(this.#server, "/api/auth/revoke-other-sessions", {}, credentialHeaders(this.#home));
    if (!response.ok) throw new Error(`unable to end the session; ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
    const { code } = await phone.untilClosed();
    this.revocationsMs.push(performance.now() - began);
    if (code !== 4401) throw new Error(`the connection of an ended session was closed with ${code}`);
    this.witness.take(phone);
    const after = phone.cursor ?? null;
    this.#phone = await signIn(this.#server, this.witness.canary);
    this.#devices[2] = await TestDevice.webSocket(this.#server, this.#phone, { ...keepFrames, after });
  }
}
