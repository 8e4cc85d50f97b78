import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KnownFiles } from "./known-files.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "known-files-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const later = Date.now() + 60_000;
const open = (version = "1", of = root, now = later) => new KnownFiles(join(root, "cache"), of, now, version);
const content = { key: "abc.ts" };

function write(text: string) {
  writeFileSync(join(root, "a.ts"), text);
  return statSync(join(root, "a.ts"));
}

test("who has the same stats has the same content, and nobody else", () => {
  const stats = write("1");
  const known = open();
  known.set("a.ts", stats, content);
  known.set("b.ts", stats, { reason: "minified" });
  known.save();
  expect(open().get("a.ts", stats)).toEqual(content);
  expect(open().get("b.ts", stats)).toEqual({ reason: "minified" });
  expect(open().get("c.ts", stats)).toBeUndefined();
  expect(open().get("a.ts", undefined)).toBeUndefined();
  expect(open("2").get("a.ts", stats)).toBeUndefined();
  expect(open("1", join(root, "other")).get("a.ts", stats)).toBeUndefined();
});

test("another size, time or inode is another content", () => {
  const stats = write("1");
  const known = open();
  known.set("a.ts", stats, content);
  known.save();
  expect(open().get("a.ts", write("22"))).toBeUndefined();
  // The same text in another file under the same name.
  writeFileSync(join(root, "b.ts"), "1");
  renameSync(join(root, "b.ts"), join(root, "a.ts"));
  expect(open().get("a.ts", statSync(join(root, "a.ts")))).toBeUndefined();
});

test("a file too young for its times to tell is not believed", () => {
  const stats = write("1");
  const known = open("1", root, stats.ctimeMs + 1_000);
  known.set("a.ts", stats, content);
  known.save();
  expect(open().get("a.ts", stats)).toBeUndefined();
});

test("damaged, it knows nothing", () => {
  const stats = write("1");
  const known = open();
  known.set("a.ts", stats, content);
  known.save();
  const path = join(root, "cache", "files.json");
  writeFileSync(path, readFileSync(path, "utf8").replace("abc", "abd"));
  expect(open().get("a.ts", stats)).toBeUndefined();
});
