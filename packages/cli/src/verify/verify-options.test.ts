import { expect, test } from "vitest";
import { UsageError } from "../exit.ts";
import { readVerifyOptions } from "./verify-options.ts";

test("nothing given: a server of its own, and everything else as it is best", () => {
  expect(readVerifyOptions([])).toEqual({
    help: false,
    url: undefined,
    credentials: { kind: "sign-up" },
    journeys: undefined,
    users: undefined,
    timeoutMs: 30_000,
    prompt: undefined,
    json: undefined,
    junit: undefined,
    html: undefined,
  });
});

test("everything given", () => {
  const words = [
    ...["--url", "https://chat.example.org/", "--account", "ada@example.org:a:b", "--account", "bob@example.org:c"],
    ...["--journeys", "736", "--users=8", "--timeout", "5", "--prompt", "what is 1 + 1"],
    ...["--json", "-", "--junit", "verify.xml", "--html=verify.html"],
  ];
  expect(readVerifyOptions(words)).toEqual({
    help: false,
    url: "https://chat.example.org",
    credentials: {
      kind: "accounts",
      accounts: [
        { email: "ada@example.org", password: "a:b" },
        { email: "bob@example.org", password: "c" },
      ],
    },
    journeys: 736,
    users: 8,
    timeoutMs: 5_000,
    prompt: "what is 1 + 1",
    json: "-",
    junit: "verify.xml",
    html: "verify.html",
  });
});

test.each([
  { args: ["--journeys", "0"], message: 'unable to use --journeys "0"; it is a whole number from 1 to 100000' },
  { args: ["--journeys", "many"], message: 'unable to use --journeys "many"; it is a whole number from 1 to 100000' },
  {
    args: ["--prompt", "hello"],
    message: "unable to verify; --prompt is for the agent of a deployment, which --url names",
  },
  { args: ["--token", "x"], message: "unable to verify; credentials are for a deployment, which --url names" },
  { args: ["--urls", "x"], message: "unable to read the command line; Unknown option '--urls'" },
  { args: ["now"], message: "unable to read the command line; Unexpected argument 'now'" },
  {
    args: ["--url", "https://chat.example.org/app"],
    message:
      'unable to use --url "https://chat.example.org/app"; it is an http or https address without a path, such as ' +
      "https://chat.example.org",
  },
  {
    args: ["--url", "https://chat.example.org", "--account", "secret"],
    message: "unable to use --account; it is an email address, a colon and a password",
  },
  {
    args: ["--url", "https://chat.example.org", "--token", "a", "--token-command", "b"],
    message: "unable to verify; give accounts, tokens or a token command, not several of them",
  },
  { args: ["--json", "-", "--html", "-"], message: "unable to verify; the standard output takes one report only" },
])("$args is refused", ({ args, message }) => {
  expect(() => readVerifyOptions(args)).toThrow(new UsageError(message));
});
