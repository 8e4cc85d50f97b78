import { hash } from "node:crypto";
import { join } from "node:path";
import { readCheckedFile, writeCheckedFile } from "./checked-file.ts";
import { codeVersion } from "./code-version.ts";

/**
 * The last answer to one kind of question, kept with everything that it depends on: who asks the same of the same code gets it
 * without anything being read or resolved. Plain data only.
 */
export class KeptResult<Result> {
  readonly #path: string;
  readonly #version = codeVersion();

  /** `kind` names the file. */
  constructor(folder: string, kind: string) {
    this.#path = join(folder, `${kind}.json`);
  }

  read(dependsOn: unknown): Result | undefined {
    const body = readCheckedFile(this.#path, this.#titleOf(dependsOn));
    return body === undefined ? undefined : (JSON.parse(body.toString("utf8")) as Result);
  }

  write(dependsOn: unknown, result: Result): void {
    writeCheckedFile(this.#path, this.#titleOf(dependsOn), [Buffer.from(JSON.stringify(result))]);
  }

  #titleOf(dependsOn: unknown): string {
    return `result ${hash("sha1", JSON.stringify([this.#version, dependsOn]))}`;
  }
}
