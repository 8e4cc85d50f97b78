import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Random } from "../simulation/random.ts";

/** What becomes of a connection some time after it was let through. */
export const fates = ["reset", "finish", "stall", "deaf", "mute", "throttle", "duplicate", "spare"] as const;
export type Fate = (typeof fates)[number];

const throttledBytesPerTurn = 2_048;
const throttleTurnMs = 20;
/** Of what a client says first: its request, the upgrade and its first frames. */
const rememberedBytesMax = 16_384;

/**
 * A TCP proxy that treats each connection as a bad network does, decided by a seed: `reset` and `finish` end it, `stall` lets
 * nothing through either way and tells nobody, `deaf` and `mute` do so in one direction, `throttle` slows it down, `duplicate`
 * repeats what the client said first on a second connection to the server, whose answers nobody reads. After `calm` it harms
 * no connection any more, and ends those that it holds.
 */
export class HostileProxy implements AsyncDisposable {
  readonly url: string;
  /** How often each fate has struck. */
  readonly struck: Record<Fate, number>;
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #random: Random;
  readonly #lifeMsMax: number;
  readonly #links = new Set<Link>();
  #calm = false;

  private constructor(server: Server, port: number, targetPort: number, random: Random, lifeMsMax: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    this.#random = random;
    this.#lifeMsMax = lifeMsMax;
    this.url = `http://127.0.0.1:${port}`;
    this.struck = Object.fromEntries(fates.map((fate) => [fate, 0])) as Record<Fate, number>;
    server.on("connection", (near) => this.#accept(near));
  }

  /** `lifeMsMax`: a connection meets its fate within this time. */
  static async start(targetPort: number, random: Random, lifeMsMax: number): Promise<HostileProxy> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("unable to listen; there is no port");
    return new HostileProxy(server, address.port, targetPort, random, lifeMsMax);
  }

  calm(): void {
    this.#calm = true;
    for (const link of this.#links) link.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.calm();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(near: Socket): void {
    const link = new Link(near, this.#targetPort, () => this.#links.delete(link));
    this.#links.add(link);
    if (this.#calm) return;
    const fate = this.#random.pick(fates);
    const timer = setTimeout(
      () => {
        if (this.#calm || !this.#links.has(link)) return;
        this.struck[fate] += 1;
        link.strike(fate, this.#targetPort);
      },
      this.#random.between(0, this.#lifeMsMax),
    );
    near.once("close", () => clearTimeout(timer));
  }
}

/** One client's connection, and the one to the server that stands for it. */
class Link {
  readonly #near: Socket;
  readonly #far: Socket;
  #said: Buffer[] = [];
  #saidBytes = 0;

  constructor(near: Socket, targetPort: number, onClose: () => void) {
    this.#near = near;
    this.#far = connect({ port: targetPort, host: "127.0.0.1", allowHalfOpen: true });
    near.on("data", (bytes) => {
      if (this.#saidBytes > rememberedBytesMax) return;
      this.#said.push(bytes);
      this.#saidBytes += bytes.length;
    });
    for (const [one, other] of [
      [near, this.#far],
      [this.#far, near],
    ] as const) {
      one.on("error", () => undefined);
      one.on("close", () => {
        other.destroy();
        onClose();
      });
      one.pipe(other);
    }
  }

  destroy(): void {
    this.#near.destroy();
    this.#far.destroy();
  }

  strike(fate: Fate, targetPort: number): void {
    switch (fate) {
      case "reset":
        this.#near.resetAndDestroy();
        this.#far.resetAndDestroy();
        return;
      case "finish":
        this.#near.end();
        this.#far.end();
        return;
      case "stall":
        this.#silence(this.#near);
        this.#silence(this.#far);
        return;
      case "deaf":
        this.#silence(this.#near);
        return;
      case "mute":
        this.#silence(this.#far);
        return;
      case "throttle":
        this.#throttle(this.#far, this.#near);
        return;
      case "duplicate":
        this.#duplicate(targetPort);
        return;
      case "spare":
        return;
    }
  }

  /** Takes what comes from this side, and passes nothing on. */
  #silence(from: Socket): void {
    from.unpipe();
    from.resume();
  }

  #throttle(from: Socket, to: Socket): void {
    from.unpipe(to);
    let held = Buffer.alloc(0);
    from.on("data", (bytes) => {
      held = Buffer.concat([held, bytes]);
      from.pause();
    });
    const timer = setInterval(() => {
      const part = held.subarray(0, throttledBytesPerTurn);
      held = held.subarray(part.length);
      if (part.length > 0) to.write(part);
      if (held.length === 0) from.resume();
    }, throttleTurnMs);
    to.once("close", () => clearInterval(timer));
    from.resume();
  }

  #duplicate(targetPort: number): void {
    const second = connect(targetPort, "127.0.0.1");
    second.on("error", () => undefined);
    second.resume();
    for (const bytes of this.#said) second.write(bytes);
    this.#near.once("close", () => second.destroy());
  }
}
