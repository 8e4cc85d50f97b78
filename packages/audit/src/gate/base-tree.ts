import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A commit that git does not have, or a folder that is in no repository. */
export class BaseError extends Error {
  override readonly name = "BaseError";
}

/** The code as it was at a commit, beside what is in the folder now. Nothing of the folder and of its index is touched. */
export class BaseTree {
  readonly #root: string;
  readonly #top: string;
  readonly #commit: string;
  /** From the top of the repository to the root, with `/` at its end, or empty. */
  readonly #prefix: string;

  /** Throws a `BaseError` when there is no such commit. */
  constructor(root: string, ref: string) {
    this.#root = root;
    const found = git(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`]);
    if (found === undefined) throw new BaseError(`unable to compare with ${ref}; git knows no such commit here`);
    this.#commit = found.trim();
    this.#top = git(root, ["rev-parse", "--show-toplevel"])?.trim() ?? root;
    this.#prefix = git(root, ["rev-parse", "--show-prefix"])?.trim() ?? "";
  }

  /** The same for the same files, whatever the commit. */
  get id(): string {
    return git(this.#root, ["rev-parse", `${this.#commit}:${this.#prefix}`])?.trim() ?? this.#commit;
  }

  /** The text of a file, named from the root; undefined when it was not there. */
  text(path: string): string | undefined {
    return git(this.#root, ["show", `${this.#commit}:${this.#prefix}${path}`]);
  }

  /** Hands the root as it was to `use`, in a folder that is gone afterwards. */
  async with<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
    const folder = mkdtempSync(join(tmpdir(), "throughline-audit-base-"));
    try {
      const env = { GIT_INDEX_FILE: join(folder, "index") };
      const tree = join(folder, "tree");
      const isThere =
        git(this.#root, ["read-tree", `${this.#commit}:${this.#prefix}`], env) !== undefined &&
        git(this.#top, ["checkout-index", "--all", `--prefix=${tree}/`], env) !== undefined;
      if (!isThere) throw new BaseError(`unable to compare with ${this.#commit}; git cannot write its files`);
      return await use(tree);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function git(root: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): string | undefined {
  const result = spawnSync("git", words, {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return result.status === 0 ? result.stdout : undefined;
}
