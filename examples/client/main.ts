/**
 * The client SDK in ten lines, from a program: signs in, asks, prints what happens and the answer.
 * Usage: node examples/client/main.ts <url> <email> <password> [question]
 */
import { createClient } from "@throughline/client";
import { signIn } from "./sign-in.ts";

const [url = "http://localhost:3000", email = "", password = "", question = "What is 6 * 7?"] = process.argv.slice(2);
const bearer = await signIn(url, email, password);

const client = createClient({ url, credential: () => ({ bearer }) });
client.connect();
const { runId, threadId } = await client.send({ text: question }).reply;
const watch = client.watchThread(threadId);
const unsubscribe = watch.subscribe(() => {
  const state = watch.getSnapshot();
  const run = state.status === "ready" ? state.thread.runs.find((candidate) => candidate.runId === runId) : undefined;
  if (run === undefined || run.state === "queued" || run.state === "running" || run.state === "stopping") return;
  console.log(`${run.state}: ${run.answer?.text ?? run.error?.message ?? ""}`);
  unsubscribe();
  client.close();
});
