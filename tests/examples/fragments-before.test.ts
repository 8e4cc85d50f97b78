import { expect, test } from "vitest";
import { failures, type Shown } from "../../examples/migrate-from-fragments/before/failures.ts";

const expected: Readonly<Record<string, Omit<Shown, "failed">>> = {
  "two-routers": {
    claimed: "the router has a route for user_message",
    happened: "the agent was asked 2 times, and 1 message got 2 answers: agent_completed, agent_response",
  },
  alias: {
    claimed: "the router has a route for start_agent, which reads user_request",
    happened: 'sent "Compare the offers", and the agent was asked [""]',
  },
  "foreign-handler": {
    claimed: "the connections of bob, who wrote: bob/tab",
    happened: 'bob received 0 events, and ada received ["You said: My PIN is 4711"]',
  },
  "unknown-type": {
    claimed: "the reply is ack of start_agnet, acknowledged",
    happened: "the agent was asked 0 times",
  },
  "thread-as-user": {
    claimed: "agent_completed of run-1 is completed",
    happened: 'user 12, the owner of thread 7, received 0 events; user 7 received 2, with "Your balance is 310.20"',
  },
  "broadcast-to-nobody": {
    claimed: "broadcastToUser returned true",
    happened: "there were 0 connections, and after connecting ada received 0 events",
  },
  wrapper: {
    claimed: "the wrapper took the event emitter",
    happened: "5 events without the wrapper, 3 with it; lost: tool_executing, tool_completed",
  },
  "sibling-tool": {
    claimed: "both registered list_orders: true and true",
    happened: 'the dispatcher of agents gave ada [{"owner":"ada","item":"lamp"},{"owner":"bob","item":"ring"}]',
  },
  "full-queue": {
    claimed: "agent_completed is critical: true",
    happened: "the queue held 100 user_typing for bob and refused 1; ada came back and received 0 events",
  },
  "slow-tab": {
    claimed: "sendToUser reached 2 tabs",
    happened: "the fast tab received 0 events while the slow one waited, and 1 after it",
  },
  "after-the-end": {
    claimed: "when the run returned, its last event was agent_completed, completed",
    happened: "after it came 1: agent_thinking",
  },
  "double-execution": {
    claimed: "one call of charge_card with 20: success true, charged",
    happened: "the card was charged 40",
  },
};

test("the old code has the twelve failures, in this order", () => {
  expect(failures.map((failure) => failure.id)).toEqual(Object.keys(expected));
});

test.each(failures)("$title", async ({ id, show }) => {
  expect(await show()).toEqual({ ...expected[id], failed: true });
});
