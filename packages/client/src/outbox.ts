import {
  type CommandData,
  type CommandId,
  type CommandType,
  commandTypes,
  parseCommandId,
} from "@throughline/protocol";

/** A command that has no reply yet. */
export interface OutboxEntry<Type extends CommandType = CommandType> {
  readonly id: CommandId;
  readonly type: Type;
  readonly data: CommandData[Type];
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

/** Where commands wait. An entry is added before it is sent and removed when its reply has come. */
export interface OutboxStorage {
  /** Oldest first. */
  load(): readonly OutboxEntry[];
  add(entry: OutboxEntry): void;
  remove(id: CommandId): void;
}

/** Forgets with the process. */
export function memoryOutbox(): OutboxStorage {
  const entries = new Map<CommandId, OutboxEntry>();
  return {
    load: () => [...entries.values()],
    add: (entry) => entries.set(entry.id, entry),
    remove: (id) => entries.delete(id),
  };
}

/**
 * Outlives the page. Each entry has a key of its own below `key`, so tabs that share it lose nothing to each other; two
 * of them may send the same entry, which the server answers once. Use a key of each user's own.
 */
export function browserOutbox(key: string, storage: Storage = globalThis.localStorage): OutboxStorage {
  const prefix = `${key}:`;
  return {
    load() {
      const entries: OutboxEntry[] = [];
      for (let index = 0; index < storage.length; index += 1) {
        const name = storage.key(index);
        const entry = name?.startsWith(prefix) ? parseEntry(storage.getItem(name)) : undefined;
        // Under any other name it could not be removed, and would be sent again by every page.
        if (entry !== undefined && name === prefix + entry.id) entries.push(entry);
      }
      return entries.sort((left, right) => left.createdAt - right.createdAt);
    },
    add: (entry) => storage.setItem(prefix + entry.id, JSON.stringify(entry)),
    remove: (id) => storage.removeItem(prefix + id),
  };
}

function parseEntry(text: string | null): OutboxEntry | undefined {
  try {
    const entry = JSON.parse(text ?? "") as OutboxEntry;
    const { id, type, data, createdAt } = entry;
    // What is no command frame would make the server close the connection, and the next one, and so on.
    const isCommand = commandTypes.includes(type) && typeof data === "object" && data !== null;
    return parseCommandId(id) !== undefined && isCommand && Number.isFinite(createdAt) ? entry : undefined;
  } catch {
    return undefined;
  }
}
