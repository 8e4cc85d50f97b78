import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * What facts and reports depend on besides the audited code: the code of this package and the version of the parser. Taken from
 * the files themselves, because a number to be raised by hand would be forgotten once.
 */
export function codeVersion(): string {
  version ??= readVersion();
  return version;
}

let version: string | undefined;

function readVersion(): string {
  const folder = fileURLToPath(new URL("../", import.meta.url));
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /(?<!\.test|\.d)\.[jt]s$/.test(path))
    .sort()
    .map((path) => `${path}\n${readFileSync(`${folder}/${path}`, "utf8")}`);
  return hash("sha1", [parserVersion(), ...sources].join("\n"));
}

function parserVersion(): string {
  const main = createRequire(import.meta.url).resolve("oxc-parser");
  // The folder that holds `src-js/index.js` holds the description of the package.
  return readFileSync(new URL("../package.json", pathToFileURL(main)), "utf8");
}
