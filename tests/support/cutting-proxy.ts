import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A TCP proxy in front of a server that cuts and stalls connections on command, and refuses new ones while it is down. */
export class CuttingProxy implements AsyncDisposable {
  readonly url: string;
  /** Connections that were let through so far. */
  accepted = 0;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  #down = false;

  private constructor(server: Server, sockets: Set<Socket>, port: number) {
    this.#server = server;
    this.#sockets = sockets;
    this.url = `http://localhost:${port}`;
  }

  static async start(targetPort: number): Promise<CuttingProxy> {
    const sockets = new Set<Socket>();
    const server = createServer((near) => proxy.#accept(near, targetPort));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("unable to listen; there is no port");
    const proxy = new CuttingProxy(server, sockets, address.port);
    return proxy;
  }

  /** Destroys every connection that is open now. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Leaves every connection that is open now half-open: nothing comes through any more, and nobody is told. */
  stall(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** Cuts, and lets nobody in until `up`. */
  down(): void {
    this.#down = true;
    this.cut();
  }

  up(): void {
    this.#down = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(near: Socket, targetPort: number): void {
    if (this.#down) {
      near.destroy();
      return;
    }
    this.accepted += 1;
    const far = connect(targetPort, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on("error", () => undefined);
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
