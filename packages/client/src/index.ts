export type { Client } from "./client.ts";
export { createClient } from "./client.ts";
export type { SentCommand } from "./command-queue.ts";
export type { ConnectionStatus } from "./connection-status.ts";
export type { EventHandlers } from "./event-handlers.ts";
export type { ClientOptions, Credential } from "./options.ts";
export { browserOutbox, memoryOutbox, type OutboxEntry, type OutboxStorage } from "./outbox.ts";
export { ThroughlineError } from "./throughline-error.ts";
export type { ThreadState, ThreadsState, Watch } from "./watch.ts";
