import { expect, test } from "vitest";
import { connectionDetail, connectionName } from "./connection-text.ts";

test("says how many events are missing", () => {
  expect(connectionName({ state: "catching-up", remaining: 1_234 })).toBe("Catching up");
  expect(connectionDetail({ state: "catching-up", remaining: 1_234 }, 0)).toBe("1,234 events");
  expect(connectionDetail({ state: "catching-up", remaining: 1 }, 0)).toBe("1 event");
});

test("counts down to the next try, and says nothing once it is due", () => {
  const offline = { state: "offline", attempt: 3, retryAt: 10_000 } as const;
  expect(connectionName(offline)).toBe("Offline");
  expect(connectionDetail(offline, 7_500)).toBe("retry in 3 s");
  expect(connectionDetail(offline, 10_000)).toBeUndefined();
});

test("adds nothing to the other states", () => {
  expect(connectionName({ state: "connecting", attempt: 1 })).toBe("Connecting");
  expect(connectionDetail({ state: "live" }, 0)).toBeUndefined();
  expect(connectionName({ state: "closed", reason: "protocol" })).toBe("This page is out of date");
});
