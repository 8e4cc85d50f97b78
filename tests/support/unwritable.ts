/** Files and folders that cannot be written, not even by root, whom modes do not bind. Both take root on Linux. */
import { spawnSync } from "node:child_process";

/** Makes a folder a read-only file system until it is disposed of; undefined where this user may not mount. */
export function mountReadOnly(folder: string): Disposable | undefined {
  if (!run("mount", ["--bind", folder, folder])) return undefined;
  const mounted = { [Symbol.dispose]: () => void run("umount", [folder]) };
  if (run("mount", ["-o", "remount,bind,ro", folder])) return mounted;
  mounted[Symbol.dispose]();
  return undefined;
}

/** Lets writes to files fail from now on, also through descriptors that are open; undefined where the file system cannot. */
export function forbidWrites(paths: readonly string[]): Disposable | undefined {
  const allowed = { [Symbol.dispose]: () => void run("chattr", ["-i", ...paths]) };
  if (run("chattr", ["+i", ...paths])) return allowed;
  allowed[Symbol.dispose]();
  return undefined;
}

function run(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args).status === 0;
}
