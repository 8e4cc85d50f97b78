import { randomBytes } from "node:crypto";
import {
  type AlertId,
  type CallId,
  type ConnectionId,
  idPrefixes,
  type MessageId,
  type RunId,
  type ThreadId,
} from "@throughline/protocol";

/** The only mint of ids and secrets. Injected, so that a simulation can repeat a history. */
export interface IdSource {
  threadId(): ThreadId;
  runId(): RunId;
  messageId(): MessageId;
  callId(): CallId;
  connectionId(): ConnectionId;
  alertId(): AlertId;
  /** 26 characters [a-z2-7], 130 bits: unguessable. For tickets, epochs and lease holders. */
  secret(): string;
}

/** Base 32 without padding; ids are bodies of letters and digits only. */
const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
const bodyCharacters = 20;
const secretCharacters = 26;

export class RandomIdSource implements IdSource {
  readonly #bytes: (count: number) => Uint8Array;
  // Random bytes are drawn in blocks, because one system call an id shows up in profiles.
  #block: Uint8Array = new Uint8Array(0);
  #used = 0;

  /** `bytes` returns that many unpredictable bytes; the default is the operating system's. */
  constructor(bytes: (count: number) => Uint8Array = randomBytes) {
    this.#bytes = bytes;
  }

  threadId(): ThreadId {
    return `${idPrefixes.thread}_${this.#text(bodyCharacters)}` as ThreadId;
  }
  runId(): RunId {
    return `${idPrefixes.run}_${this.#text(bodyCharacters)}` as RunId;
  }
  messageId(): MessageId {
    return `${idPrefixes.message}_${this.#text(bodyCharacters)}` as MessageId;
  }
  callId(): CallId {
    return `${idPrefixes.call}_${this.#text(bodyCharacters)}` as CallId;
  }
  connectionId(): ConnectionId {
    return `${idPrefixes.connection}_${this.#text(bodyCharacters)}` as ConnectionId;
  }
  alertId(): AlertId {
    return `${idPrefixes.alert}_${this.#text(bodyCharacters)}` as AlertId;
  }
  secret(): string {
    return this.#text(secretCharacters);
  }

  #text(characters: number): string {
    if (this.#used + characters > this.#block.length) {
      this.#block = this.#bytes(4_096);
      this.#used = 0;
    }
    let text = "";
    for (let index = 0; index < characters; index += 1) {
      text += alphabet[(this.#block[this.#used + index] as number) & 31];
    }
    this.#used += characters;
    return text;
  }
}
