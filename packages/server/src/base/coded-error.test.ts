import { type ErrorCode, errorCodes } from "@throughline/protocol";
import { wireErrorSchema } from "@throughline/protocol/schemas";
import { describe, expect, test } from "vitest";
import { CodedError, toCodedError } from "./coded-error.ts";

const codes = Object.keys(errorCodes) as ErrorCode[];

describe("a coded error", () => {
  test.each(codes)(
    "%s crosses the wire with its reason and what its code says of retrying, and nothing else",
    (code) => {
      const wire = new CodedError(code, "unable to try; this is a test", { cause: new Error("secret") }).toWire();
      expect(wire).toStrictEqual({
        code,
        message: "unable to try; this is a test",
        retryable: errorCodes[code].retryable,
      });
      expect(wireErrorSchema.parse(wire)).toEqual(wire);
    },
  );

  test("carries details and a time to wait when it has them", () => {
    const error = new CodedError("rate_limited", "unable to try", { retryAfterMs: 0, details: { left: 3 } });
    expect(error.toWire()).toStrictEqual({
      code: "rate_limited",
      message: "unable to try",
      retryable: true,
      retryAfterMs: 0,
      details: { left: 3 },
    });
  });

  test("begins with its code in logs and keeps its cause there", () => {
    const cause = new Error("the disk is full");
    const error = new CodedError("not_ready", "unable to append; the storage failed", { cause });
    expect(String(error)).toBe("CodedError: not_ready: unable to append; the storage failed");
    expect(error.cause).toBe(cause);
    expect(error).toBeInstanceOf(Error);
  });
});

describe("the coded form of anything thrown", () => {
  test("is itself when it is coded", () => {
    const error = new CodedError("conflict", "unable to try");
    expect(toCodedError(error)).toBe(error);
  });

  test.each<[string, unknown]>([
    ["an error", new Error("password=hunter2")],
    ["text", "password=hunter2"],
    ["an object that looks coded", { code: "not_found", reason: "password=hunter2", toWire: () => "password=hunter2" }],
    ["nothing", undefined],
    ["null", null],
  ])("is internal without a word of it: %s", (_name, thrown) => {
    const coded = toCodedError(thrown);
    expect(coded.code).toBe("internal");
    expect(coded.cause).toBe(thrown);
    expect(JSON.stringify(coded.toWire())).not.toContain("hunter2");
  });
});
