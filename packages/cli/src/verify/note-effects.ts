/**
 * What the tools of the default agent show of their effects to those who use them: a note that was saved is there once,
 * though the message came twice, and once it was deleted it is gone.
 */
import { randomUUID } from "node:crypto";
import { CredentialEnd, JourneyFailure, MeasureError } from "./measure-error.ts";
import type { TestUser } from "./test-user.ts";
import { isObject } from "./wire.ts";

/** `unknown`: the agent has no notes, or the credentials have ended. */
export type NoteEffects = { readonly kind: "right" | "unknown" } | { readonly kind: "wrong"; readonly reason: string };

export async function tryNotes(user: TestUser): Promise<NoteEffects> {
  const { devices } = user;
  try {
    await Promise.all(devices.map((device) => device.connect()));
    return await new Notes(user).go();
  } catch (error) {
    if (error instanceof CredentialEnd) return { kind: "unknown" };
    if (error instanceof JourneyFailure || error instanceof MeasureError)
      return { kind: "wrong", reason: error.message };
    throw error;
  } finally {
    for (const device of devices) {
      device.leave();
      device.watch.settle();
    }
    user.forget();
  }
}

type Result = Readonly<Record<string, unknown>>;

class Notes {
  readonly #user: TestUser;
  readonly #title: string;
  #threadId: string | undefined;

  constructor(user: TestUser) {
    this.#user = user;
    this.#title = `verify ${user.canary}`;
  }

  async go(): Promise<NoteEffects> {
    const title = JSON.stringify(this.#title);
    const saved = await this.#call(`/note_save title=${title} text="only once"`);
    if (isObject(saved.error) && saved.error.code === "unknown_tool") return { kind: "unknown" };
    const listed = await this.#count();
    const deleted = await this.#call(`/note_delete title=${title}`);
    const left = await this.#count();
    const isNew = isObject(saved.output) && saved.output.replaced === false;
    const seen = `saved ${JSON.stringify(saved)}, listed ${listed} times, deleted ${deleted.outcome}, then listed ${left} times`;
    const isRight = isNew && listed === 1 && deleted.outcome === "completed" && left === 0;
    return isRight ? { kind: "right" } : { kind: "wrong", reason: seen };
  }

  /** How often the note is in the list of notes. */
  async #count(): Promise<number> {
    const { output } = await this.#call("/note_list");
    const titles = isObject(output) && Array.isArray(output.titles) ? output.titles : [];
    return titles.filter((title) => title === this.#title).length;
  }

  /** Sends a message twice that calls a tool, and approves the call. Resolves with how it ended. */
  async #call(text: string): Promise<Result> {
    const [first, second] = this.#user.devices;
    const id = randomUUID();
    const data = { text, ...(this.#threadId === undefined ? {} : { threadId: this.#threadId }) };
    const [reply] = await Promise.all([first, second].map((device) => device.command("message.send", data, id)));
    if (reply?.ok !== true)
      throw new JourneyFailure("reliability", `message.send is refused: ${JSON.stringify(reply)}`);
    const runId = String(reply.data.runId);
    this.#threadId = String(reply.data.threadId);
    this.#user.threads.add(this.#threadId);
    const { event } = await first.event(runId, "approval_requested", "agent_completed");
    if (event.type === "approval_requested") {
      const { callId, digest } = event.data;
      await second.command("approval.answer", { callId, digest, decision: "approve" });
    }
    await first.event(runId, "agent_completed");
    return first.eventsOf(runId).find(({ type }) => type === "tool_completed")?.data ?? {};
  }
}
