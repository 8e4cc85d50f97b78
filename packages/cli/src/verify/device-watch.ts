/** The judge of what one device is shown: every frame as it comes, over all the connections that the device ever has. */
import type { Observer } from "./observer.ts";
import { isRunEvent, RunLegality } from "./run-legality.ts";
import { type Frame, readFrame, type SeenEvent, sequenceOf } from "./wire.ts";

/** What all devices of one user must agree on: each event as whichever of them had it first was shown it. */
export type Timeline = Map<number, string>;

export class DeviceWatch {
  /** The place after the last event that was shown; undefined before the first connection. */
  cursor: string | undefined;
  readonly #observer: Observer;
  readonly #user: string;
  readonly #device: string;
  readonly #timeline: Timeline;
  #sequence = 0;
  /** Passed over: lost, unless they still come, which is disorder. */
  readonly #missing = new Set<number>();
  readonly #runs = new Map<string, RunLegality>();
  /** Commands whose message was seen. */
  readonly #commands = new Set<unknown>();

  constructor(observer: Observer, user: string, device: string, timeline: Timeline) {
    this.#observer = observer;
    this.#user = user;
    this.#device = device;
    this.#timeline = timeline;
  }

  /** Sequence of the newest event that was shown. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Judges one frame. Returns it with only those of its events that are this user's and were not shown before. */
  take(text: string): Frame | undefined {
    this.#observer.seen.frames += 1;
    const frame = readFrame(text);
    if (frame === "unknown") return undefined;
    if (frame === "malformed") {
      this.#find("illegal", `a frame that is none: ${text.slice(0, 200)}`);
      return undefined;
    }
    if (frame.kind === "events") return { ...frame, events: this.#takeEvents(frame.events, frame.cursor) };
    this.#observer.readAnswer(this.#user, text, `${this.#device}, in a ${frame.kind} frame,`);
    if (frame.kind === "welcome") this.#begin(frame.head);
    if (frame.kind === "reset") {
      this.#find(
        "loss",
        `reset (${frame.reason}) from ${this.cursor} to ${frame.head}: what lies between is not shown`,
      );
      this.cursor = frame.head;
      this.#sequence = sequenceOf(frame.head);
    }
    return frame;
  }

  /** Counts what was passed over and never came; to be called when nothing more of it can come. */
  settle(): void {
    for (const sequence of this.#missing) this.#find("loss", `event ${sequence} never came`);
    this.#missing.clear();
  }

  #begin(head: string): void {
    if (this.cursor !== undefined) return;
    this.cursor = head;
    this.#sequence = sequenceOf(head);
  }

  #takeEvents(events: readonly SeenEvent[], cursor: string): readonly SeenEvent[] {
    const fresh = events.filter((event) => this.#takeEvent(event));
    // One that goes back would make the next connection repeat what was shown, by our own asking.
    if (sequenceOf(cursor) >= this.#sequence) this.cursor = cursor;
    return fresh;
  }

  /** Whether the event is this user's and new. */
  #takeEvent(event: SeenEvent): boolean {
    this.#observer.seen.events += 1;
    const text = JSON.stringify(event);
    const { marks } = this.#observer;
    const foreign = marks.foreignIn(text, this.#user);
    for (const { mark, owner } of foreign) {
      this.#find("leak", `event ${event.sequence} (${event.type}) shows ${mark} of ${owner}`);
    }
    // One of another feed says nothing about the order of this one.
    if (foreign.length > 0 && marks.ownerOf(event.threadId) !== this.#user) return false;
    marks.claimIds(event, this.#user);
    if (!this.#isNext(event)) return false;
    const before = this.#timeline.get(event.sequence);
    if (before === undefined) this.#timeline.set(event.sequence, text);
    else if (before !== text && event.type !== "compacted" && !before.includes('"type":"compacted"')) {
      this.#find("difference", `event ${event.sequence} is ${text.slice(0, 150)}; elsewhere ${before.slice(0, 150)}`);
    }
    this.#judgeRun(event);
    return true;
  }

  #isNext(event: SeenEvent): boolean {
    const { sequence, type, data } = event;
    if (this.#missing.delete(sequence)) {
      this.#find("disorder", `event ${sequence} (${type}) came after event ${this.#sequence}`);
      return true;
    }
    if (sequence <= this.#sequence) {
      this.#find("duplicate", `event ${sequence} (${type}) came again after event ${this.#sequence}`);
      return false;
    }
    for (let missing = this.#sequence + 1; missing < sequence; missing += 1) this.#missing.add(missing);
    this.#sequence = type === "compacted" && typeof data.through === "number" ? data.through : sequence;
    return true;
  }

  #judgeRun(event: SeenEvent): void {
    const { type, runId, data } = event;
    if (!isRunEvent(type)) return;
    if (runId === undefined) {
      this.#find("illegal", `event ${event.sequence} (${type}) names no run`);
      return;
    }
    if (type === "message_accepted") {
      if (this.#commands.has(data.commandId)) this.#find("duplicate", `command ${data.commandId} was taken twice`);
      this.#commands.add(data.commandId);
    }
    if (type === "tool_executing" && !this.#observer.calls.has(String(data.callId))) {
      this.#observer.calls.set(String(data.callId), "executing");
    }
    if (type === "tool_completed") this.#observer.calls.set(String(data.callId), String(data.outcome));
    const run = this.#runs.get(runId) ?? new RunLegality();
    this.#runs.set(runId, run);
    const illegal = run.advance(type, data);
    if (illegal !== undefined) this.#find("illegal", `event ${event.sequence}: ${illegal} (${runId})`);
  }

  #find(kind: Parameters<Observer["add"]>[0], detail: string): void {
    this.#observer.add(kind, this.#user, `${this.#device}: ${detail}`);
  }
}
