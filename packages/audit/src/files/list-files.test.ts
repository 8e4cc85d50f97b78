import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { noManifests, readManifests } from "../resolve/manifests.ts";
import { ListError, listFiles } from "./list-files.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "list-files-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), "");
  }
}

function git(...command: readonly string[]): void {
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...command], { cwd: root, stdio: "ignore" });
}

test("a folder without git is walked", async () => {
  write("b.ts", "a.tsx", "B.js", "a/c.mjs", "a-b/d.cts", "é.jsx", "readme.md", "a/node_modules/x.ts", ".venv/y.ts");
  write("__pycache__/z.ts", "x.dist-info/w.ts", ".github/v.ts", "dist/u.js");
  expect(await listFiles(root)).toMatchObject({
    files: [".github/v.ts", "B.js", "a-b/d.cts", "a.tsx", "a/c.mjs", "b.ts", "dist/u.js", "é.jsx"],
    skipped: [],
  });
});

test("in a work tree git says what there is", async () => {
  write("tracked.ts", "ignored/a.ts", "sub/untracked é.ts", "sub/tracked.js", "node_modules/x/committed.ts", "gone.ts");
  writeFileSync(join(root, ".gitignore"), "ignored/\n");
  git("init", "-q");
  git("add", "-A");
  git("rm", "-q", "--cached", "sub/untracked é.ts");
  rmSync(join(root, "gone.ts"));
  expect((await listFiles(root)).files).toEqual(["sub/tracked.js", "sub/untracked é.ts", "tracked.ts"]);
  expect((await listFiles(join(root, "sub"))).files).toEqual(["tracked.js", "untracked é.ts"]);
  // Whoever asks for a folder that git ignores means that folder.
  expect((await listFiles(join(root, "ignored"))).files).toEqual(["a.ts"]);
});

// It ended with a trace.
test("a folder that git knows may have become a file", async () => {
  write("a.ts", "folder/b.ts", "folder/package.json");
  git("init", "-q");
  git("add", "-A");
  rmSync(join(root, "folder"), { recursive: true });
  writeFileSync(join(root, "folder"), "");
  const { files, paths } = await listFiles(root);
  expect(files).toEqual(["a.ts"]);
  expect(readManifests(root, [...files, "folder/c.ts"], paths)).toEqual(noManifests);
});

// It ended with a trace.
test("a folder that cannot be read is no reason to look at the others only", async () => {
  write("a.ts");
  // Names are text to us, and this one is none.
  mkdirSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.of(0xff)]));
  await expect(listFiles(root)).rejects.toThrow(ListError);
});

test("links are not followed", async () => {
  write("real/a.ts");
  symlinkSync(join(root, "real"), join(root, "linked"));
  symlinkSync(join(root, "real/a.ts"), join(root, "b.ts"));
  expect((await listFiles(root)).files).toEqual(["real/a.ts"]);
  git("init", "-q");
  git("add", "-A");
  expect((await listFiles(root)).files).toEqual(["real/a.ts"]);
});

test("what is too large or minified is skipped, and said", async () => {
  write("a.ts", "lib.min.js");
  writeFileSync(join(root, "large.ts"), "x".repeat(1024 * 1024 + 1));
  writeFileSync(join(root, "just-small-enough.ts"), "x".repeat(1024 * 1024));
  expect(await listFiles(root)).toMatchObject({
    files: ["a.ts", "just-small-enough.ts"],
    skipped: [
      { path: "large.ts", reason: "larger than 1 MiB" },
      { path: "lib.min.js", reason: "minified" },
    ],
  });
});

test("include and exclude", async () => {
  write("src/a.ts", "src/a.test.ts", "src/deep/b.ts", "tests/c.ts", "d.ts");
  const list = async (include: string[] | undefined, exclude: string[] = []) =>
    (await listFiles(root, { ...(include === undefined ? {} : { include }), exclude })).files;
  expect(await list(["src"])).toEqual(["src/a.test.ts", "src/a.ts", "src/deep/b.ts"]);
  expect(await list(["./src/"], ["**/*.test.ts"])).toEqual(["src/a.ts", "src/deep/b.ts"]);
  expect(await list(undefined, ["*.test.ts", "deep"])).toEqual(["d.ts", "src/a.ts", "tests/c.ts"]);
  expect(await list(["src/*.ts", "tests/**"])).toEqual(["src/a.test.ts", "src/a.ts", "tests/c.ts"]);
  expect(await list(["{src,tests}/?.ts"])).toEqual(["src/a.ts", "tests/c.ts"]);
  expect(await list(["."])).toHaveLength(5);
  expect(await list([])).toEqual([]);
});
