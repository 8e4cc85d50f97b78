import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { installScript, Repository } from "./repository.ts";

const installing = "Installing dependencies …";

test("installs once for each lock file, and again after an installation that was broken off", async () => {
  await using repository = new Repository();
  const install = async () => (await repository.run(...installScript)).stderr.includes(installing);
  expect(await install()).toBe(true);
  expect(await install()).toBe(false);
  repository.remove("node_modules/.throughline-installed");
  expect(await install()).toBe(true);
  repository.write("package-lock.json", `${JSON.stringify({ name: "other", lockfileVersion: 3, packages: {} })}\n`);
  expect(await install()).toBe(true);
  expect(await install()).toBe(false);
});

test("also for production, where npm would leave out the compiler", async () => {
  await using repository = new Repository();
  repository.env.NODE_ENV = "production";
  repository.writeJson("compiler/package.json", { name: "compiler", version: "1.0.0" });
  const devDependencies = { compiler: "file:compiler" };
  repository.writeJson("package.json", { name: "small", devDependencies });
  const packages = {
    "": { name: "small", devDependencies },
    compiler: { version: "1.0.0", dev: true },
    "node_modules/compiler": { resolved: "compiler", link: true },
  };
  repository.writeJson("package-lock.json", { name: "small", lockfileVersion: 3, packages });
  expect(await repository.run(...installScript)).toMatchObject({ code: 0 });
  expect(existsSync(join(repository.folder, "node_modules/compiler"))).toBe(true);
});

test("without a registry it says what failed and what to do, and the next start tries again", async () => {
  await using repository = new Repository();
  repository.writeLock({ "left-pad": "1.3.0" });
  for (const _attempt of [1, 2]) {
    const { code, stdout, stderr } = await repository.run("npm", "start", "--silent");
    expect(stderr).toContain(installing);
    expect(stderr.trim().split("\n").at(-1)).toBe(
      "unable to install the dependencies; see above, check that npm reaches its registry, then try again",
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  }
  expect(existsSync(join(repository.folder, "node_modules/.throughline-installed"))).toBe(false);
});
