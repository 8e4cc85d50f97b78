import type { CommandId } from "@throughline/protocol";
import { expect, test } from "vitest";
import { browserOutbox, memoryOutbox, type OutboxEntry } from "./outbox.ts";

/** The storage of a browser; tabs share one. */
class MapStorage implements Storage {
  readonly #items = new Map<string, string>();
  [name: string]: unknown;
  get length(): number {
    return this.#items.size;
  }
  key = (index: number) => [...this.#items.keys()][index] ?? null;
  getItem = (key: string) => this.#items.get(key) ?? null;
  setItem = (key: string, value: string) => void this.#items.set(key, value);
  removeItem = (key: string) => void this.#items.delete(key);
  clear = () => this.#items.clear();
}

const entry = (id: string, createdAt: number): OutboxEntry => ({
  id: id as CommandId,
  type: "message.send",
  data: { text: `text of ${id}` },
  createdAt,
});

test.each([
  ["memoryOutbox", () => memoryOutbox()],
  ["browserOutbox", () => browserOutbox("key", new MapStorage())],
] as const)("%s: what was added and not removed, oldest first", (_name, create) => {
  const outbox = create();
  for (const [id, createdAt] of [
    ["b", 1],
    ["a", 2],
    ["c", 3],
  ] as const) {
    outbox.add(entry(id, createdAt));
  }
  outbox.remove("a" as CommandId);
  outbox.remove("never" as CommandId);
  expect(outbox.load()).toEqual([entry("b", 1), entry("c", 3)]);
});

test("a browser's storage has no order of its own: entries come by their time", () => {
  const outbox = browserOutbox("key", new MapStorage());
  outbox.add(entry("later", 9));
  outbox.add(entry("earlier", 5));
  expect(outbox.load().map(({ id }) => id)).toEqual(["earlier", "later"]);
});

test("two tabs that share a key lose nothing to each other", () => {
  const storage = new MapStorage();
  const [one, other] = [browserOutbox("key", storage), browserOutbox("key", storage)];
  one.add(entry("a", 1));
  other.add(entry("b", 2));
  one.add(entry("c", 3));
  other.remove("a" as CommandId);
  for (const outbox of [one, other, browserOutbox("key", storage)]) {
    expect(outbox.load().map(({ id }) => id)).toEqual(["b", "c"]);
  }
});

test("entries of another key stay its own, also of one that begins alike", () => {
  const storage = new MapStorage();
  browserOutbox("user:1", storage).add(entry("a", 1));
  browserOutbox("user2", storage).add(entry("b", 2));
  expect(browserOutbox("user", storage).load()).toEqual([]);
});

test.each([
  ["no JSON", "{"],
  ["null", "null"],
  ["no id", JSON.stringify({ ...entry("a", 1), id: undefined })],
  ["an id that is none", JSON.stringify({ ...entry("a", 1), id: "a b" })],
  ["the id of another entry, under which it could never be removed", JSON.stringify(entry("other", 1))],
  ["no type, which the server would close every connection for", JSON.stringify({ ...entry("a", 1), type: undefined })],
  ["a type that is none", JSON.stringify({ ...entry("a", 1), type: "toString" })],
  ["no data", JSON.stringify({ ...entry("a", 1), data: null })],
  ["no time", JSON.stringify({ ...entry("a", 1), createdAt: "1" })],
  ["a time without end", JSON.stringify(entry("a", 1)).replace('"createdAt":1', '"createdAt":1e999')],
])("hostile content is passed over: %s", (_name, text) => {
  const storage = new MapStorage();
  storage.setItem("key:a", text);
  const outbox = browserOutbox("key", storage);
  outbox.add(entry("b", 2));
  expect(outbox.load()).toEqual([entry("b", 2)]);
});
