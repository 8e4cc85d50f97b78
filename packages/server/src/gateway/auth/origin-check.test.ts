import { expect, test } from "vitest";
import { StartError } from "../../base/start-error.ts";
import { OriginCheck } from "./origin-check.ts";

const own = "https://chat.example.com";
const check = new OriginCheck(`${own}/some/path`, ["https://Portal.example.com/"]);
const admits = (origins: OriginCheck, headers: Record<string, string>) => origins.admits(new Headers(headers));

test.each([
  [own, true],
  ["https://portal.example.com", true],
  ["http://chat.example.com", false],
  ["https://chat.example.com:8443", false],
  ["https://chat.example.com.evil.example", false],
  ["https://evil-chat.example.com", false],
  ["https://other.example.com", false],
  ["null", false],
  ["", false],
])("a page of %j is let in: %s", (origin, admitted) => {
  expect(admits(check, { origin })).toBe(admitted);
});

test.each([
  [{}, false],
  [{ "sec-fetch-site": "same-origin" }, true],
  [{ "sec-fetch-site": "same-site" }, false],
  [{ "sec-fetch-site": "cross-site" }, false],
  [{ "sec-fetch-site": "none" }, false],
  [{ "sec-fetch-site": "same-origin", origin: "https://evil.example" }, false],
  [{ "sec-fetch-site": "same-origin, same-origin" }, false],
  [{ referer: `${own}/` }, false],
])("without an origin of its own, %j is let in: %s", (headers, admitted) => {
  expect(admits(check, headers as Record<string, string>)).toBe(admitted);
});

test("the names of this machine are one origin, on the same port only", () => {
  for (const publicUrl of ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"]) {
    const loopback = new OriginCheck(publicUrl, []);
    expect([...loopback.allowed].sort()).toEqual([
      "http://127.0.0.1:3000",
      "http://[::1]:3000",
      "http://localhost:3000",
    ]);
    expect(admits(loopback, { origin: "http://localhost:3001" })).toBe(false);
    expect(admits(loopback, { origin: "https://localhost:3000" })).toBe(false);
  }
});

test.each([
  ["*", "http://localhost"],
  ["https://*.example.com", "http://localhost"],
  ["null", "http://localhost"],
  ["file:///", "http://localhost"],
  ["app://chat", "http://localhost"],
  ["https://portal.example.com", "localhost:3000"],
])("trusting %j for %j is a start error", (trusted, publicUrl) => {
  expect(() => new OriginCheck(publicUrl, [trusted])).toThrow(StartError);
});
