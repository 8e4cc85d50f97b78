// What `npm ci` needs of package-lock.json, and what should not stand in it.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Every fault, as `package-lock.json: what`.
 *
 * @param {string} folder of a repository
 */
export function checkLockFile(folder) {
  /** @type {{ packages: Record<string, { resolved?: string, optionalDependencies?: Record<string, string> }> }} */
  const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
  return Object.entries(packages).flatMap(([path, { resolved = "", optionalDependencies = {} }]) => {
    // Versions and hashes say what is installed. Where it comes from is for whoever installs to say.
    const host = /^https?:/.test(resolved) ? [`package-lock.json: ${path} names the host of a registry`] : [];
    // An npm that cannot find the package of a foreign system leaves it out, and then no npm can install from the file.
    const missing = Object.keys(optionalDependencies)
      .filter((name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages))
      .map((name) => `package-lock.json: ${path} has no entry for ${name}, which is optional`);
    return [...host, ...missing];
  });
}
