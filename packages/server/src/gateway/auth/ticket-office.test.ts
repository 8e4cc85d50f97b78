import { defaultLimits, type UserId } from "@throughline/protocol";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../../../tests/support/virtual-clock.ts";
import { RandomIdSource } from "../../base/id-source.ts";
import { type Identity, localTenant } from "../../base/identity.ts";
import { TicketOffice } from "./ticket-office.ts";

const limits = { ...defaultLimits, connectionsPerUserMax: 3 };
const { ticketLifetimeMs } = limits;
const identityOf = (user: string): Identity => ({
  userId: user as UserId,
  tenantId: localTenant,
  sessionId: undefined,
  expiresAt: undefined,
});
const alice = identityOf("alice");

function setUp() {
  const clock = new VirtualClock();
  return { clock, office: new TicketOffice({ clock, ids: new RandomIdSource(), limits }) };
}

test("a ticket stands for its identity once", () => {
  const { office, clock } = setUp();
  const { ticket, expiresAt } = office.issue(alice);
  expect(ticket).toMatch(/^[a-z2-7]{26}$/);
  expect(expiresAt).toBe(clock.now() + ticketLifetimeMs);
  expect(office.redeem("nothing")).toBeUndefined();
  expect(office.redeem(ticket)).toBe(alice);
  expect(office.redeem(ticket)).toBeUndefined();
});

test("a ticket is void when its lifetime has passed, not before", async () => {
  const { office, clock } = setUp();
  const [early, late] = [office.issue(alice).ticket, office.issue(alice).ticket];
  await clock.advance(ticketLifetimeMs - 1);
  expect(office.redeem(early)).toBe(alice);
  await clock.advance(1);
  expect(office.redeem(late)).toBeUndefined();
});

test("a user at the limit waits for the oldest ticket to be used or to expire; others do not", async () => {
  const { office, clock } = setUp();
  const first = office.issue(alice).ticket;
  await clock.advance(1_000);
  office.issue(alice);
  office.issue(alice);
  expect(() => office.issue(alice)).toThrow(
    expect.objectContaining({ code: "rate_limited", retryAfterMs: ticketLifetimeMs - 1_000 }),
  );
  office.issue(identityOf("bob"));
  expect(office.redeem(first)).toBe(alice);
  office.issue(alice);
  expect(() => office.issue(alice)).toThrow("rate_limited");
  await clock.advance(ticketLifetimeMs);
  office.issue(alice);
});

test("at the limit of all users nobody's ticket is taken back", async () => {
  const { office, clock } = setUp();
  const { ticket } = office.issue(alice);
  for (let user = 1; user < 100_000; user += 1) office.issue(identityOf(`user${user}`));
  expect(() => office.issue(identityOf("late"))).toThrow("overloaded");
  expect(office.redeem(ticket)).toBe(alice);
  office.issue(identityOf("late"));
  await clock.advance(ticketLifetimeMs);
  office.issue(identityOf("later"));
});
