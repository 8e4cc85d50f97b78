/**
 * Branded identifiers. A brand is erased at run time, so each has one parser that is the only way to turn outside text
 * into it; a thread id where a user id belongs neither compiles nor parses.
 */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type UserId = Branded<"UserId">;
export type ThreadId = Branded<"ThreadId">;
export type RunId = Branded<"RunId">;
export type MessageId = Branded<"MessageId">;
export type CallId = Branded<"CallId">;
export type CommandId = Branded<"CommandId">;
export type ConnectionId = Branded<"ConnectionId">;
export type AlertId = Branded<"AlertId">;
/** Opaque resume token; see `cursor.ts`. */
export type Cursor = Branded<"Cursor">;

/** Text before the first underscore of every id that the server mints. */
export const idPrefixes = {
  thread: "thr",
  run: "run",
  message: "msg",
  call: "call",
  connection: "con",
  alert: "alr",
} as const;

const mintedBody = "[A-Za-z0-9]{8,40}";
/** The patterns behind the parsers, exported so that schemas and documents state the same rule. */
export const idPatterns = {
  // Letters, digits and the separators that issuers use in subjects. Never the form of an id we mint.
  user: /^(?!(?:thr|run|msg|call|con|alr)_)[A-Za-z0-9][A-Za-z0-9._:@|+=/-]{0,199}$/,
  thread: new RegExp(`^${idPrefixes.thread}_${mintedBody}$`),
  run: new RegExp(`^${idPrefixes.run}_${mintedBody}$`),
  message: new RegExp(`^${idPrefixes.message}_${mintedBody}$`),
  call: new RegExp(`^${idPrefixes.call}_${mintedBody}$`),
  connection: new RegExp(`^${idPrefixes.connection}_${mintedBody}$`),
  alert: new RegExp(`^${idPrefixes.alert}_${mintedBody}$`),
  command: /^[A-Za-z0-9_-]{1,64}$/,
} as const;

function parser<Id extends string>(pattern: RegExp): (text: unknown) => Id | undefined {
  return (text) => (typeof text === "string" && pattern.test(text) ? (text as Id) : undefined);
}

/** Each returns the branded id, or undefined when the text does not have its form. */
export const parseUserId = parser<UserId>(idPatterns.user);
export const parseThreadId = parser<ThreadId>(idPatterns.thread);
export const parseRunId = parser<RunId>(idPatterns.run);
export const parseMessageId = parser<MessageId>(idPatterns.message);
export const parseCallId = parser<CallId>(idPatterns.call);
export const parseCommandId = parser<CommandId>(idPatterns.command);
export const parseAlertId = parser<AlertId>(idPatterns.alert);
export const parseConnectionId = parser<ConnectionId>(idPatterns.connection);
