/** The secret of a data folder, which signs its sessions: made at the first start, read by its owner only. */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "@throughline/server";

const secretBytes = 32;
/** The least that the server takes; a shorter file was damaged. */
const secretCharactersMin = 32;
const ownerOnly = 0o600;

export function secretPath(dataDirectory: string): string {
  return join(dataDirectory, "secret");
}

/** Whether others than its owner may read or write a file. Windows has no such modes. */
export function isOpenToOthers(path: string): boolean {
  return process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0;
}

/**
 * `mended`: others could read it. Its mode is put right, but whoever runs the server should know. Throws a `StartError`
 * when the folder cannot be used or the file was damaged.
 */
export function readOrCreateSecret(dataDirectory: string): { readonly secret: string; readonly mended: boolean } {
  const path = secretPath(dataDirectory);
  const { secret, mended } = open(dataDirectory, path);
  if (secret.length >= secretCharactersMin) return { secret, mended };
  throw new StartError(
    "bad_option",
    `unable to use ${path}; it has ${secret.length} characters, a secret has at least ${secretCharactersMin}`,
    "restore the file, or delete it: then everybody has to sign in again",
  );
}

function open(dataDirectory: string, path: string): { readonly secret: string; readonly mended: boolean } {
  try {
    mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
    if (!existsSync(path)) create(path);
    const mended = isOpenToOthers(path);
    if (mended) chmodSync(path, ownerOnly);
    return { secret: readFileSync(path, "utf8").trim(), mended };
  } catch (error) {
    const advice = "give a folder that this user may write, with --data or DATA_DIR";
    throw new StartError("data_unwritable", `unable to use ${path}; ${(error as Error).message}`, advice, {
      cause: error,
    });
  }
}

/** The name appears with the whole secret behind it or not at all, also when two starts meet or one dies here. */
function create(path: string): void {
  const draft = `${path}.${randomBytes(8).toString("hex")}`;
  try {
    writeFileSync(draft, randomBytes(secretBytes).toString("base64url"), { mode: ownerOnly, flag: "wx", flush: true });
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
