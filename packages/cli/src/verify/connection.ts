/** One connection of a device, over either transport. Moves frames; judges nothing. */
import { WebSocket } from "ws";
import { reasonOf } from "./deployment.ts";

export interface ConnectionOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: from the head. */
  readonly after: string | undefined;
  readonly onFrame: (text: string) => void;
  /** Once, when the connection is gone, whoever ended it. */
  readonly onClose: () => void;
}

export interface Connection {
  /** Undefined over SSE: commands are requests of their own. */
  readonly send: ((frame: object) => void) | undefined;
  /** Leaves without a word, as a lost connection does. */
  drop(): void;
  /** Leaves in order. */
  leave(): void;
  /** Stops reading until `resume`: what comes stays in the network, and then in the deployment. */
  pause(): void;
  resume(): void;
}

/** The HTTP status with which a connection was refused, or why there was no answer at all. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number | undefined;
  readonly retryAfterMs: number;
  constructor(status: number | undefined, message: string, retryAfter: string | null | undefined) {
    super(message);
    this.status = status;
    this.retryAfterMs = Number(retryAfter ?? 0) * 1_000;
  }
}

export type Connect = (options: ConnectionOptions) => Promise<Connection>;

export const connectWebSocket: Connect = ({ url, headers, after, onFrame, onClose }) =>
  new Promise((resolve, reject) => {
    const address = `${url.replace(/^http/, "ws")}/v1/connect`;
    const socket = new WebSocket(address, ["throughline.v1"], { headers, perMessageDeflate: false });
    socket.on("message", (data) => onFrame(String(data)));
    socket.on("unexpected-response", (request, response) => {
      const status = response.statusCode;
      request.destroy();
      reject(new Refusal(status, `it answers ${status}`, response.headers["retry-after"]));
    });
    socket.on("error", (error) => reject(new Refusal(undefined, reasonOf(error), undefined)));
    socket.on("close", onClose);
    socket.once("open", () => {
      const send = (frame: object) => socket.send(JSON.stringify(frame));
      send({ kind: "hello", protocol: 1, after: after ?? null });
      resolve({
        send,
        drop: () => socket.terminate(),
        leave: () => {
          // One that does not read would never see the other end close.
          socket.resume();
          socket.close(1_000);
        },
        pause: () => socket.pause(),
        resume: () => socket.resume(),
      });
    });
  });

export const connectSse: Connect = async ({ url, headers, after, onFrame, onClose }) => {
  const query = after === undefined ? "" : `?after=${encodeURIComponent(after)}`;
  const stop = new AbortController();
  const response = await fetch(`${url}/v1/events${query}`, { headers, signal: stop.signal }).catch((error: unknown) => {
    throw new Refusal(undefined, reasonOf(error), undefined);
  });
  if (response.status !== 200 || response.body === null) {
    stop.abort();
    throw new Refusal(response.status, `it answers ${response.status}`, response.headers.get("retry-after"));
  }
  let paused = Promise.withResolvers<void>();
  paused.resolve();
  const read = async (body: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of body) {
      const blocks = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) onFrame(data);
      }
      await paused.promise;
    }
  };
  // However it ends, it is the end of the connection; why, the next one learns.
  void read(response.body)
    .catch(() => undefined)
    .finally(onClose);
  const close = () => {
    paused.resolve();
    stop.abort();
  };
  return {
    send: undefined,
    drop: close,
    leave: close,
    pause: () => {
      paused = Promise.withResolvers();
    },
    resume: () => paused.resolve(),
  };
};
