import { type Client, createClient, type EventHandlers } from "@throughline/client";
import { type Event, eventTypes, type RunId } from "@throughline/protocol";
import { script } from "../support/scripted-agent.ts";
import type { ScriptedWorld } from "../support/scripted-world.ts";

/** One device of a user, through the SDK, and everything that it was told in the order in which it was told. */
export class NetworkDevice {
  readonly client: Client;
  last = 0;
  events = 0;
  lost = 0;
  repeatedOrDisordered = 0;
  resets = 0;
  /** Commands whose message was stored, however often. */
  readonly accepted = new Map<string, number>();
  readonly #ended = new Set<RunId>();
  #wake: () => void = () => undefined;

  constructor(world: ScriptedWorld, url: string, user: string, transport: "websocket" | "sse") {
    this.client = createClient({ url, transport, credential: () => world.credential(user) });
    const hear = (event: Event) => this.#hear(event);
    const handlers = Object.fromEntries(eventTypes.map((type) => [type, hear]));
    this.client.subscribe({ ...handlers, reset: () => (this.resets += 1) } as unknown as EventHandlers);
    this.client.connect();
  }

  async until(met: () => boolean): Promise<void> {
    while (!met()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async ended(runId: RunId): Promise<void> {
    await this.until(() => this.#ended.has(runId));
  }

  #hear(event: Event): void {
    this.events += 1;
    if (event.sequence <= this.last) this.repeatedOrDisordered += 1;
    else {
      this.lost += event.sequence - this.last - 1;
      this.last = event.sequence;
    }
    if (event.type === "message_accepted") {
      const { commandId } = event.data;
      this.accepted.set(commandId, (this.accepted.get(commandId) ?? 0) + 1);
    } else if (event.type === "agent_completed") this.#ended.add(event.runId);
    this.#wake();
  }
}

/** A user with two devices on a bad network, who has so many events made. */
export class NetworkPerson {
  readonly devices: readonly [NetworkDevice, NetworkDevice];
  readonly commands: string[] = [];

  constructor(world: ScriptedWorld, url: string, user: string, index: number) {
    this.devices = [
      new NetworkDevice(world, url, user, "websocket"),
      new NetworkDevice(world, url, user, index % 3 === 0 ? "sse" : "websocket"),
    ];
  }

  /** Both devices have said hello; what happens from now on reaches both. */
  async connected(): Promise<void> {
    for (const { client } of this.devices) {
      while (client.userId === undefined) await new Promise<void>((resolve) => client.onStatus(() => resolve()));
    }
  }

  async talk(events: number, eventsPerRun: number): Promise<void> {
    const [first, second] = this.devices;
    for (let made = 0; made < events; made += eventsPerRun) {
      const device = made % (2 * eventsPerRun) === 0 ? first : second;
      const sent = device.client.send({ text: script({ produce: eventsPerRun, bytes: 100 }) });
      this.commands.push(sent.id);
      const { runId } = await sent.reply;
      await device.ended(runId);
    }
  }
}
