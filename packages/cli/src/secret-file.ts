import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "@throughline/server";

const secretBytes = 32;
const ownerOnly = 0o600;

/**
 * The secret of a data folder, which signs its sessions; made at the first start. `mended` when others could read it: the
 * mode is put right, and whoever runs the server should know.
 */
export function readOrCreateSecret(dataDirectory: string): { readonly secret: string; readonly mended: boolean } {
  const path = join(dataDirectory, "secret");
  try {
    mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
    try {
      // `wx`: of two starts at once, one makes it and the other reads it.
      writeFileSync(path, randomBytes(secretBytes).toString("base64url"), { mode: ownerOnly, flag: "wx" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const mended = process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0;
    if (mended) chmodSync(path, ownerOnly);
    return { secret: readFileSync(path, "utf8").trim(), mended };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const advice = "give a folder that this user may write, with --data or DATA_DIR";
    throw new StartError("data_unwritable", `unable to use ${path}; ${reason}`, advice, { cause: error });
  }
}
