import { join } from "node:path";
import { type AuditConfig, nothingDeclared } from "../config/audit-config.ts";
import { readConfig } from "../config/read-config.ts";
import { readNamedFile } from "./named-file.ts";
import { UsageError } from "./usage-error.ts";

export const configFileName = "audit.config.json";

/**
 * The configuration; undefined when none was named and there is none. Throws a `UsageError` when the one that was named is missing
 * or cannot be read.
 */
export function configOf(root: string, given: string | undefined): AuditConfig | undefined {
  const file = given ?? join(root, configFileName);
  const text = readNamedFile(file);
  if (text !== undefined) return readConfig(text);
  if (given !== undefined) throw new UsageError(`unable to read ${given}; there is no such file`);
  return undefined;
}

/** For what can do without a configuration. */
export function configOrNothing(root: string, given: string | undefined): AuditConfig {
  return configOf(root, given) ?? nothingDeclared;
}

/** For what cannot. */
export function neededConfig(command: string, root: string, given: string | undefined): AuditConfig {
  const config = configOf(root, given);
  if (config === undefined)
    throw new UsageError(
      `unable to ${command}; there is no ${given ?? configFileName}. \`audit discover\` and \`audit init\` lead to one`,
    );
  return config;
}
