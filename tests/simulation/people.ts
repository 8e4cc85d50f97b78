/** The people of a world and their devices: they do what the plan says with whatever they know by then. */
import type { Circumstances } from "./circumstances.ts";
import type { Cluster } from "./cluster.ts";
import { type ClientEnd, Link } from "./link.ts";
import type { Action, Fault } from "./plan.ts";
import { SimulatedDevice, sequenceOf } from "./simulated-device.ts";
import { messageText } from "./simulated-tools.ts";

export interface Visitor {
  readonly user: string;
  readonly device: string;
  readonly role: "device" | "auditor";
  readonly after: string | null;
}

export class People {
  readonly #world: Circumstances;
  readonly #cluster: Cluster;
  /** By user, then by number. */
  readonly #devices: readonly (readonly SimulatedDevice[])[];
  readonly #links = new Set<Link>();
  #connections = 0;

  constructor(world: Circumstances, cluster: Cluster) {
    this.#world = world;
    this.#cluster = cluster;
    const { users, devicesPerUser } = world.plan;
    this.#devices = Array.from({ length: users }, (_, user) =>
      Array.from({ length: devicesPerUser }, (_, number) => this.#device(user, number)),
    );
  }

  start(): void {
    for (const device of this.#devices.flat()) device.start();
  }

  /** Each user, with a cursor that the server once gave to one of their devices. */
  *users(): Generator<{ readonly user: string; readonly cursor: string | undefined }> {
    for (const [user, devices] of this.#devices.entries()) {
      yield { user: userName(user), cursor: devices.find(({ cursor }) => cursor !== null)?.cursor ?? undefined };
    }
  }

  /** What some device still waits for, given the heads of the feeds; undefined when none does. */
  unrest(headOf: (user: string) => number): string | undefined {
    for (const [user, devices] of this.#devices.entries()) {
      const head = headOf(userName(user));
      for (const device of devices) {
        if (!device.calm) return `${device.name} waits for an answer`;
        if (sequenceOf(device.cursor) !== head) return `${device.name} is at ${device.cursor}, the head is ${head}`;
      }
    }
    const busy = [...this.#links].find((link) => link.busy);
    return busy && `something is on its way on ${busy.name}`;
  }

  /** From now on everybody reads. */
  heal(): void {
    for (const link of this.#links) link.hurry();
  }

  connect(visitor: Visitor, client: ClientEnd): Link {
    const { time, random, plan, observe, count } = this.#world;
    this.#connections += 1;
    const name = `connection${this.#connections}`;
    const luck = random.stream(name);
    const link = new Link({ name, time, random: luck, latency: plan.latencies.network, observe, count, client });
    this.#links.add(link);
    this.#cluster.connect(link, visitor.user, luck, (node) =>
      observe({ kind: "opened", connection: name, ...visitor, node }),
    );
    return link;
  }

  strike(fault: Fault & { readonly at: number }): void {
    if (fault.do === "cut") this.#deviceOf(fault).link?.cut(fault.clientLearnsMs, fault.serverLearnsMs);
    else if (fault.do === "stall") this.#deviceOf(fault).link?.stall(fault.forMs);
  }

  act(action: Action): void {
    const device = this.#deviceOf(action);
    const { threads, runs, ended } = device.known;
    const user = userName(action.user);
    const inThread = (index: number, send: (threadId: string) => void) => {
      const threadId = fromEnd(threads, index);
      if (threadId !== undefined) send(threadId);
    };
    switch (action.do) {
      case "send": {
        const id = device.mint();
        const threadId = action.thread === undefined ? undefined : fromEnd(threads, action.thread);
        const text = messageText(`${user} says ${id}`, action.script);
        device.send("message.send", { ...(threadId && { threadId }), text, onBusy: action.onBusy }, id);
        return;
      }
      case "send_twice": {
        const id = device.mint();
        const data = { text: messageText(`${user} says ${id}`, action.script) };
        device.send("message.send", data, id);
        this.#deviceOf({ user: action.user, device: action.device + 1 }).send("message.send", data, id);
        return;
      }
      case "stop": {
        const open = runs.filter((run) => !ended.has(run));
        const runId = fromEnd(open.length > 0 ? open : runs, action.run);
        if (runId !== undefined) device.send("run.stop", { runId });
        return;
      }
      case "create_thread":
        device.send("thread.create", { title: `${user} creates` });
        return;
      case "rename_thread":
        inThread(action.thread, (threadId) => device.send("thread.rename", { threadId, title: `${user} renames` }));
        return;
      case "delete_thread":
        inThread(action.thread, (threadId) => device.send("thread.delete", { threadId }));
        return;
      case "answer":
        device.answer(action.decision);
        return;
      case "repeat":
        device.repeat(action.command, action.changed);
        return;
      case "trespass":
        this.#trespass(action, device);
        return;
      case "nonsense":
        if (action.kind === "unknown_type") device.send("message.sent", { text: user });
        else if (action.kind === "invalid_data") device.send("message.send", { text: "", user });
        else device.raw('{"kind":"command","id":7}');
        return;
      case "reconnect":
        device.reconnect(action.from, action.keepOld);
        return;
      case "resend":
        this.#world.count("resends");
        device.resend(action.commands, action.from);
        return;
    }
  }

  #trespass({ user, want, index }: Action & { do: "trespass" }, device: SimulatedDevice): void {
    const victim = this.#devices.length > 1 ? this.#deviceOf({ user: user + 1, device: 0 }).known : undefined;
    const threadId = fromEnd(victim?.threads ?? [], index) ?? "thr_neverexisted";
    const runId = fromEnd(victim?.runs ?? [], index) ?? "run_neverexisted";
    const words = `${userName(user)} trespasses`;
    if (want === "send") device.send("message.send", { threadId, text: words });
    else if (want === "stop") device.send("run.stop", { runId });
    else if (want === "rename") device.send("thread.rename", { threadId, title: words });
    else if (want === "delete") device.send("thread.delete", { threadId });
    else {
      const [approval] = victim?.approvals.values() ?? [];
      device.send("approval.answer", {
        ...(approval ?? { callId: "call_neverexisted", digest: "none" }),
        decision: "approve",
      });
    }
  }

  #device(user: number, number: number): SimulatedDevice {
    const { time, random } = this.#world;
    const name = `user${user + 1}-device${number + 1}`;
    const visitor = { user: userName(user), device: name, role: "device" } as const;
    return new SimulatedDevice({
      name,
      time,
      random: random.stream(name),
      connect: (after, client) => this.connect({ ...visitor, after }, client),
    });
  }

  #deviceOf({ user, device }: { readonly user: number; readonly device: number }): SimulatedDevice {
    const devices = this.#devices[user % this.#devices.length] as readonly SimulatedDevice[];
    return devices[device % devices.length] as SimulatedDevice;
  }
}

function userName(user: number): string {
  return `user${user + 1}`;
}

/** Counted from the newest; the oldest when there are not so many. */
function fromEnd<Item>(items: readonly Item[], index: number): Item | undefined {
  return items[Math.max(0, items.length - 1 - index)];
}
