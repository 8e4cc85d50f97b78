/**
 * What a simulated world tells the checker: everything that clients, tools and models really saw, and nothing that the
 * server says about itself. Plain JSON data, in the order in which it happened. This file imports nothing, so that the
 * checker shares no code with what it judges.
 *
 * `connection`, `node` and `device` are names that the world gives; they are unique within a history. `user` is the user
 * id that the credential behind a connection was verified for.
 */

/** `at` is virtual time in milliseconds since the Unix epoch; it never goes back. */
export type Observation = { readonly at: number } & (
  | ConnectionObservation
  | ToolObservation
  | ModelBegan
  | NodeObservation
  | Gated
  | Retained
  | Hindered
  | StorageCrashed
  | HistoryLost
  | Settled
);

export type ConnectionObservation = Opened | Sent | Received | Closed | Buffered | Stalled;

export type ToolObservation = ToolBegan | ToolEffect | ToolEnded;

/** The network has opened a connection. `after` is the cursor that its hello will carry. */
export interface Opened {
  readonly kind: "opened";
  readonly connection: string;
  readonly user: string;
  readonly device: string;
  readonly node: string;
  readonly after: string | null;
  /** An auditor reads one whole feed after the end; a device is anything else. */
  readonly role: "device" | "auditor";
}

/** A client's frame has arrived at the server's side of the network. One that the network repeats arrives twice. */
export interface Sent {
  readonly kind: "sent";
  readonly connection: string;
  readonly text: string;
}

/** A server's frame has arrived at the client, in these very words. */
export interface Received {
  readonly kind: "received";
  readonly connection: string;
  readonly text: string;
}

/**
 * The connection has ended; no frame of it arrives any more. `network`: it broke, or its node died. `code` is the close
 * code, where somebody closed it properly.
 */
export interface Closed {
  readonly kind: "closed";
  readonly connection: string;
  readonly by: "client" | "server" | "network";
  readonly code?: number;
}

/** A new peak of the bytes that the server's side holds for a client that reads slowly. */
export interface Buffered {
  readonly kind: "buffered";
  readonly connection: string;
  readonly bytes: number;
}

/** The client reads nothing from now on, for so long. */
export interface Stalled {
  readonly kind: "stalled";
  readonly connection: string;
  readonly forMs: number;
}

/** A tool's function was entered. */
export interface ToolBegan {
  readonly kind: "tool_began";
  readonly node: string;
  readonly user: string;
  readonly runId: string;
  readonly callId: string;
  readonly tool: string;
  readonly recovery: "idempotent" | "at_most_once";
  /** The idempotency key that the tool was given. */
  readonly key: string;
  readonly input: unknown;
}

/** Its effect has happened in the world outside; a crash, a hang or a throw may follow. */
export interface ToolEffect {
  readonly kind: "tool_effect";
  readonly node: string;
  readonly user: string;
  readonly runId: string;
  readonly callId: string;
  readonly tool: string;
  readonly key: string;
}

/** The tool's function was left, on a node that lives. `aborted`: it threw because its signal had aborted. */
export interface ToolEnded {
  readonly kind: "tool_ended";
  readonly callId: string;
  readonly how: "returned" | "threw" | "aborted";
}

/** A model was asked for the step with this number, counted from 1 as in `agent_thinking`. */
export interface ModelBegan {
  readonly kind: "model_began";
  readonly node: string;
  readonly user: string;
  readonly runId: string;
  readonly step: number;
}

/** Every answer of this world is judged, or is withheld until it has passed. Comes before everything else. */
export interface Gated {
  readonly kind: "gated";
  readonly gate: "annotate" | "block";
}

/**
 * Until an instant, threads are deleted in which nothing has happened for so long; what is left of them at the beginning of
 * a feed goes when it is that old again. The auditor then begins behind what has gone. Comes before everything else.
 */
export interface Retained {
  readonly kind: "retained";
  readonly forMs: number;
  readonly until: number;
}

/** A node that is started after a crash keeps its name. A paused one does nothing until it is resumed. */
export interface NodeObservation {
  readonly kind: "node_started" | "node_crashed" | "node_paused" | "node_resumed";
  readonly node: string;
}

/**
 * From now on, and for `forMs`, what is promised within a time may take that much longer: a node cannot reach the log (its
 * own timers go on) or is told to stop, a commit takes long or fails, or the storage cannot be read. `node`: null when it is
 * true of all of them.
 */
export interface Hindered {
  readonly kind: "hindered";
  readonly by: "partition" | "drain" | "slow_commit" | "failed_commit" | "unreadable";
  readonly node: string | null;
  readonly forMs: number;
}

/** The process of the log died, and was opened again from what was durable. Every node that used it dies with it. */
export interface StorageCrashed {
  readonly kind: "storage_crashed";
}

/** Storage was set back on purpose, for one user or for all: resets are then due, and lost tails are legal. */
export interface HistoryLost {
  readonly kind: "history_lost";
  readonly user: string | null;
}

/**
 * Faults ended long ago, every node is up and time was let run: what is promised in the end is due. After it an auditor
 * of each user reads the whole feed from its beginning.
 */
export interface Settled {
  readonly kind: "settled";
}
