#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
/**
 * The program `throughline`. Nothing but the check that comes before everything: an old Node cannot load the rest. Node 22
 * calls its SQLite experimental, at every start and in every worker; that is no news to whoever runs a server.
 */
import { exitCodes } from "./exit.ts";
import { isSupportedNode, nodeRange } from "./node-version.ts";

if (isSupportedNode(process.versions.node)) {
  const { run } = await import("./program.ts");
  process.exitCode = await run(process.argv.slice(2));
} else {
  console.error(`unable to run on Node ${process.versions.node}; install one of ${nodeRange}`);
  process.exitCode = exitCodes.failed;
}
