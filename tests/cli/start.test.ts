import { statSync } from "node:fs";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { Throughline } from "./throughline.ts";

const modeOf = (path: string) => statSync(path).mode & 0o777;
const local =
  "Model: the local assistant, which is no language model; for a real one set OPENAI_API_KEY, ANTHROPIC_API_KEY or " +
  "OPENAI_BASE_URL (Ollama, LM Studio, vLLM) and start again";

test("a first start, in words: where it is, where the data are, which model answers; stopped, it drains", async () => {
  await using throughline = new Throughline();
  const server = throughline.start(["start", "--port", "0"]);
  await server.printed("start again\n");
  const [address = "", ...lines] = server.stdout.trimEnd().split("\n");
  expect(address).toMatch(/^Throughline is at http:\/\/localhost:\d+$/);
  expect(lines).toEqual([`Data is kept in ${throughline.path("data")}`, local]);
  const url = address.slice("Throughline is at ".length).replace("localhost", "127.0.0.1");
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(await (await fetch(url)).text()).toContain("<!doctype html>");
  expect(modeOf(throughline.path("data"))).toBe(0o700);
  expect(modeOf(throughline.path("data/secret"))).toBe(0o600);

  server.signal("SIGTERM");
  expect(await server.ended).toEqual({ code: 0, signal: null });
  expect(server.stdout.split("\n").at(-2)).toMatch(/^Stopping: /);
  expect(server.stderr).toBe("");
});

test("for programs: one line of JSON, and nothing else on the standard output", async () => {
  await using throughline = new Throughline();
  throughline.write(
    "throughline.config.ts",
    "interface Own { dataDirectory: string }\nexport const config: Own = { dataDirectory: 'kept' };",
  );
  const { server, listening } = await throughline.serve();
  expect(listening).toEqual({
    event: "listening",
    url: expect.stringMatching(/^http:\/\/localhost:\d+$/),
    pid: server.pid,
    dataDirectory: throughline.path("kept"),
    model: expect.objectContaining({ description: expect.stringMatching(/^model: /) }),
  });
  server.signal("SIGTERM");
  expect(await server.ended).toEqual({ code: 0, signal: null });
  expect(server.stdout).toBe(`${JSON.stringify(listening)}\n`);
});

test("a signal that comes twice at once, as npm and a terminal send it, is one wish", async () => {
  await using throughline = new Throughline();
  const { server } = await throughline.serve();
  server.signalGroup("SIGINT");
  server.signal("SIGINT");
  expect(await server.ended).toEqual({ code: 0, signal: null });
});

test("the same account and secret after a restart", async () => {
  await using throughline = new Throughline();
  const first = await throughline.serve();
  const { url } = first.listening;
  const account = { email: "ada@example.org", password: "correct horse battery", name: "Ada" };
  const headers = { "content-type": "application/json", origin: url };
  const body = JSON.stringify(account);
  const signedUp = await fetch(`${url}/api/auth/sign-up/email`, { method: "POST", headers, body });
  expect(signedUp.status).toBe(200);
  const cookie = signedUp.headers
    .getSetCookie()
    .map((value) => value.split(";")[0])
    .join("; ");
  first.server.signal("SIGTERM");
  await first.server.ended;

  const second = await throughline.serve();
  const threads = await fetch(`${second.listening.url}/v1/threads`, { headers: { cookie } });
  expect(threads.status).toBe(200);
});

/** What a failing start says to programs. */
async function failure(throughline: Throughline, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code: exitCode, stdout, stderr } = await throughline.run(["start", "--json", ...args], env);
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: "" });
  const { event, code, message, advice } = JSON.parse(stdout);
  expect(event).toBe("failed");
  return { code, message, advice };
}

test("a port that is in use", async () => {
  await using throughline = new Throughline();
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as { port: number };
  expect(await failure(throughline, [], { PORT: String(port) })).toEqual({
    code: "port_in_use",
    message: `unable to listen; port ${port} is in use`,
    advice: "stop the other process, or choose another port",
  });
  expect(await throughline.run(["start", "--port", String(port)])).toEqual({
    code: 1,
    stdout: "",
    stderr: `unable to listen; port ${port} is in use\nWhat to do: stop the other process, or choose another port.\n`,
  });
  other.close();
});

test("data that another process uses", async () => {
  await using throughline = new Throughline();
  const { listening } = await throughline.serve();
  expect(await failure(throughline, ["--port", "0"])).toEqual({
    code: "data_locked",
    message: `unable to open ${listening.dataDirectory}; another process uses it`,
    advice: "stop the other process, or give this one a folder of its own",
  });
  process.kill(listening.pid, "SIGKILL");
  await using again = (await throughline.serve()).server;
  again.signal("SIGTERM");
  expect(await again.ended).toEqual({ code: 0, signal: null });
});

test("a data folder that cannot be made", async () => {
  await using throughline = new Throughline();
  throughline.write("file", "");
  const { code, message, advice } = await failure(throughline, ["--port", "0", "--data", "file/data"]);
  expect({ code, advice }).toEqual({
    code: "data_unwritable",
    advice: "give a folder that this user may write, with --data or DATA_DIR",
  });
  expect(message).toContain(throughline.path("file/data"));
});

test("a configuration that cannot be used", async () => {
  await using throughline = new Throughline();
  throughline.write("throughline.config.ts", "export default { prot: 4000 };");
  const advice = "correct the file; `defineConfig` of @throughline/cli checks it where it is written";
  const unusable = {
    code: "bad_option",
    message: 'unable to use throughline.config.ts; Unrecognized key: "prot"',
    advice,
  };
  expect(await failure(throughline, [])).toEqual(unusable);
  throughline.write("throughline.config.ts", "export default {");
  expect((await failure(throughline, [])).message).toMatch(/^unable to use throughline\.config\.ts; .+/);
});

test("a model that is named wrongly", async () => {
  await using throughline = new Throughline();
  expect(await failure(throughline, ["--port", "0"], { OPENAI_BASE_URL: "ollama" })).toMatchObject({
    code: "bad_model",
    message: expect.stringContaining("OPENAI_BASE_URL is not an http or https URL"),
  });
});

test("called the wrong way: the exit code is 2, and nothing was made", async () => {
  await using throughline = new Throughline();
  const closing = "throughline --help lists commands, options and variables.\n";
  const wrong: readonly { args: string[]; env: Record<string, string>; message: string }[] = [
    { args: ["start", "--prot", "1"], env: {}, message: "unable to read the command line; Unknown option '--prot'" },
    {
      args: ["start"],
      env: { PORT: "web" },
      message: 'unable to use PORT "web"; a port is a whole number from 0 to 65535',
    },
  ];
  for (const { args, env, message } of wrong) {
    expect(await throughline.run(args, env)).toEqual({ code: 2, stdout: "", stderr: `${message}\n${closing}` });
  }
  expect(() => statSync(throughline.path("data"))).toThrow("ENOENT");
});

test("help and version", async () => {
  await using throughline = new Throughline();
  const [none, help, version] = [
    await throughline.run([]),
    await throughline.run(["--help"]),
    await throughline.run(["--version"]),
  ];
  expect(none).toEqual(help);
  expect(help).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Usage: throughline <command> \[options\]\n/),
    stderr: "",
  });
  expect(version).toEqual({ code: 0, stdout: "0.1.0\n", stderr: "" });
});
