/** SSE transport: one response that carries the same frames as a WebSocket, one way. */
import {
  type CloseCodeName,
  formatCursor,
  type Limits,
  protocolVersion,
  type ServerFrame,
} from "@throughline/protocol";
import type { IdSource } from "../base/id-source.ts";
import type { Identity } from "../base/identity.ts";
import type { Broadcaster } from "../broadcast/broadcaster.ts";
import { Frame } from "../broadcast/frame.ts";
import type { Sink } from "../broadcast/subscription.ts";
import type { Log } from "../log/log.ts";
import { resolveEntry } from "./connection.ts";
import type { Connections } from "./connections.ts";

export interface EventStreamParts {
  readonly broadcaster: Broadcaster;
  readonly connections: Connections;
  readonly log: Log;
  readonly ids: IdSource;
  readonly limits: Limits;
}

/** Opens a stream after `after` (null = from the head). The caller has verified the identity. */
export async function openEventStream(
  identity: Identity,
  after: string | null,
  parts: EventStreamParts,
): Promise<Response> {
  const { log, broadcaster, connections, ids, limits } = parts;
  connections.admit(identity);
  const entry = await resolveEntry(log, identity, after);
  const sink = new StreamSink();
  const say = (frame: ServerFrame, cursor?: string) => sink.write(Frame.of(frame, cursor), () => undefined);
  let unsubscribe = () => {};
  const end = () => {
    remove();
    unsubscribe();
    sink.end();
  };
  const remove = connections.add({
    identity,
    beat: () => {
      if (sink.stalled) end();
      else sink.beat();
    },
    drain: (reconnectAfterMs) => say({ kind: "draining", reconnectAfterMs }),
    // A closed stream says nothing; the code reaches the client with the refusal of its next request.
    close: (_code: CloseCodeName, _reason: string) => end(),
  });
  sink.onCancel = end;
  const welcome = {
    kind: "welcome",
    protocol: protocolVersion,
    connectionId: ids.connectionId(),
    userId: identity.userId,
    head: formatCursor(log.epoch, entry.head),
    heartbeatIntervalMs: limits.heartbeatIntervalMs,
    limits,
  } as const;
  // With an id, so that a stream which is cut before its first event resumes where it began.
  say(welcome, formatCursor(log.epoch, entry.after));
  unsubscribe = broadcaster.subscribe(identity.userId, entry.after, sink, entry.reset);
  return new Response(sink.readable, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      // Proxies that gather a response before they pass it on would hold events back.
      "x-accel-buffering": "no",
    },
  });
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly flushed: () => void;
}

/** A sink whose pieces leave one by one, as the reader of the response asks for them. */
class StreamSink implements Sink {
  readonly readable: ReadableStream<Uint8Array>;
  onCancel: () => void = () => undefined;
  readonly #pieces: Piece[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #wanted = false;
  #ended = false;
  #beatWaits = false;

  constructor() {
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#wanted = true;
          this.#pump();
        },
        cancel: () => this.onCancel(),
      },
      { highWaterMark: 1 },
    );
  }

  /** True when not even the last heartbeat has left: the peer is gone or reads nothing. */
  get stalled(): boolean {
    return this.#beatWaits;
  }

  write(frame: Frame, flushed: () => void): void {
    const id = frame.cursor === undefined ? "" : `id: ${frame.cursor}\n`;
    this.#add(`event: ${frame.kind}\n${id}data: ${frame.text}\n\n`, flushed);
  }

  beat(): void {
    this.#beatWaits = true;
    this.#add(": heartbeat\n\n", () => {
      this.#beatWaits = false;
    });
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#pieces.length = 0;
    try {
      this.#controller?.close();
    } catch {
      // Cancelled by the reader: it is closed already.
    }
  }

  #add(text: string, flushed: () => void): void {
    if (this.#ended) return;
    this.#pieces.push({ bytes: Buffer.from(text), flushed });
    this.#pump();
  }

  #pump(): void {
    while (this.#wanted && this.#pieces.length > 0) {
      const { bytes, flushed } = this.#pieces.shift() as Piece;
      this.#wanted = false;
      // The reader asks again when it has passed this one on; enqueueing may make it ask at once.
      this.#controller?.enqueue(bytes);
      flushed();
    }
  }
}
