/** A file system of a few megabytes that really runs full. Mounting one takes root on Linux. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class SmallDisk implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Undefined where this user may not mount anything. */
  static mount(mebibytes: number): SmallDisk | undefined {
    const path = mkdtempSync(join(tmpdir(), "throughline-disk-"));
    const options = ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", path];
    if (run("mount", options)) return new SmallDisk(path);
    rmSync(path, { recursive: true });
    return undefined;
  }

  /** Takes the last free byte. */
  fill(): void {
    const file = openSync(this.#filler, "a");
    try {
      for (let bytes = 1_048_576; bytes >= 1; bytes = Math.floor(bytes / 2)) this.#fillWith(file, Buffer.alloc(bytes));
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#filler, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    run("umount", ["--lazy", this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }

  get #filler(): string {
    return join(this.path, "filler");
  }

  #fillWith(file: number, piece: Buffer): void {
    try {
      while (writeSync(file, piece) === piece.length);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
}

function run(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args).status === 0;
}
