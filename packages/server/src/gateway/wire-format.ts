import type {
  ClientFrame,
  CloseCodeName,
  ConnectionId,
  ServerFrame,
  ThreadId,
  ThreadSnapshot,
  ThreadsSnapshot,
  UserId,
} from "@throughline/protocol";

/**
 * Another format on the wire than protocol 1: a translation between the socket and the connection behind it. Credentials,
 * limits, delivery and the conversation stay where they are; a format has no way to a feed, a route or another socket.
 */
export interface WireFormat {
  /** Where its clients connect: `/ws`. */
  readonly path: string;
  /** The subprotocol to answer with; undefined: none. Throws a `CodedError` to refuse what was offered. */
  subprotocol(offered: readonly string[]): string | undefined;
  /** The token that the offered subprotocols carry, if clients send it there. It is never answered with. */
  bearer(offered: readonly string[]): string | undefined;
  /** The code that its clients know for this close; undefined: that of protocol 1. */
  closeCode(name: CloseCodeName): number | undefined;
  /** Begins one connection, after its credential was verified. */
  open(peer: WirePeer): WireTranslation;
}

/** What a translation may use. */
export interface WirePeer {
  readonly connectionId: ConnectionId;
  /** Whose connection it is, from the credential. */
  readonly userId: UserId;
  /** Hands a frame of protocol 1 to the connection, as if the client had sent it. */
  receive(frame: ClientFrame): void;
  /** Sends a text of the format to the client. */
  send(text: string): void;
  close(code: CloseCodeName, reason: string): void;
  /** Adds one to a counter of `/metrics`. Labels must not grow: never a user, nor a word of a client. */
  count(name: string, description: string, labels: Readonly<Record<string, string>>): void;
  threads(): Promise<ThreadsSnapshot>;
  /** Rejects with a `CodedError`. */
  thread(threadId: ThreadId): Promise<ThreadSnapshot>;
}

export interface WireTranslation {
  /** A text from the client. */
  received(text: string): void;
  /** Texts that stand for a frame of protocol 1, in order. */
  translate(frame: ServerFrame): readonly string[];
}
