import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { script } from "../support/scripted-agent.ts";
import { ServerProcess } from "../support/server-process.ts";
import { Device, launchBrowser } from "./browser.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** What the local assistant says to `count to N`. */
const counted = (end: number) => Array.from({ length: end }, (_, index) => String(index + 1));
const numbersOf = (text: string) => text.match(/\d+/g) ?? [];

/** Slow enough that something can happen in mid-answer. */
const slowly = { env: { THROUGHLINE_LOCAL_CHUNK_DELAY_MS: "15" } };

describe("the chat page", () => {
  test("golden path: sign up, ask, watch it think and use tools, read the answer", async () => {
    await using server = await ServerProcess.start();
    const device = await Device.open(browser, server.url);
    await device.signUp("ada@example.com");
    await device.connection("live");
    await device.say("What time is it in Tokyo, and what is 12 * 7?");
    const run = device.run("completed");
    await run.waitFor();
    expect(
      await run
        .locator("details.tool")
        .evaluateAll((tools) => tools.map((tool) => [tool.getAttribute("data-tool"), tool.getAttribute("data-state")])),
    ).toEqual([
      ["world_clock", "completed"],
      ["calculate", "completed"],
    ]);
    expect(await run.locator("details.thinking").count()).toBeGreaterThan(0);
    expect(await device.answer()).toContain("84");
    await device.page
      .getByRole("button", { name: "What time is it in Tokyo, and what is 12 * 7?", exact: true })
      .waitFor();
    // Nobody else is asked for anything, and the page complains about nothing, its security policy included.
    const hosts = new Set(device.requests.map((request) => new URL(request).host));
    expect([...hosts]).toEqual([new URL(server.url).host]);
    expect(device.problems).toEqual([]);
  });

  test("two tabs and a second device stay in step", async () => {
    await using server = await ServerProcess.start(slowly);
    const first = await Device.open(browser, server.url);
    await first.signUp("ada@example.com");
    await first.say("count to 60");
    await first.run("running").waitFor();
    const tab = await first.openTab(first.page.url());
    const other = await Device.open(browser, first.page.url());
    await other.signIn("ada@example.com");
    for (const device of [first, tab, other]) await device.run("completed").waitFor();
    for (const device of [first, tab, other]) expect(numbersOf(await device.answer())).toEqual(counted(60));
    await other.say("what is 2 + 3?");
    for (const device of [first, tab, other]) {
      await device.run("completed").nth(1).waitFor();
      expect(await device.answer()).toContain("5");
      expect(device.problems).toEqual([]);
    }
  });

  test("reload in mid-answer loses nothing and repeats nothing", async () => {
    await using server = await ServerProcess.start(slowly);
    const device = await Device.open(browser, server.url);
    await device.signUp("ada@example.com");
    await device.say("count to 120");
    await device.page.locator(".answer .markdown", { hasText: "20, 21" }).waitFor();
    await device.page.reload();
    await device.run("completed").waitFor();
    expect(numbersOf(await device.answer())).toEqual(counted(120));
    expect(await device.page.locator(".run").count()).toBe(1);
  });

  test("the server is killed and started again in mid-answer: the run is resumed and the answer whole", async () => {
    await using server = await ServerProcess.start(slowly);
    const device = await Device.open(browser, server.url);
    await device.signUp("ada@example.com");
    await device.say("count to 120");
    await device.page.locator(".answer .markdown", { hasText: "20, 21" }).waitFor();
    await server.kill9();
    await device.page.locator('.connection:not([data-state="live"])').waitFor();
    // Typed while nobody is there: it is sent when somebody is.
    await device.say("what is 6 * 7?");
    await server.start();
    await device.run("completed").nth(1).waitFor();
    await device.connection("live");
    const answers = await device.page.locator(".run .answer").allInnerTexts();
    expect(answers).toHaveLength(2);
    expect(numbersOf(await device.page.locator(".run").first().locator(".markdown").innerText())).toEqual(counted(120));
    expect(await device.answer()).toContain("42");
    expect(device.problems).toEqual([]);
  });

  test("stop ends the run and keeps what was said", async () => {
    await using server = await ServerProcess.start(slowly);
    const device = await Device.open(browser, server.url);
    await device.signUp("ada@example.com");
    await device.say("count to 1000");
    await device.page.locator(".answer .markdown", { hasText: "10, 11" }).waitFor();
    await device.page.getByRole("button", { name: "Stop", exact: true }).click();
    await device.run("cancelled").waitFor();
    const said = numbersOf(await device.answer());
    expect(said.length).toBeGreaterThanOrEqual(11);
    expect(said).toEqual(counted(said.length));
    await device.page.reload();
    await device.run("cancelled").waitFor();
    expect(numbersOf(await device.answer())).toEqual(said);
  });

  test("a tool that asks runs only when approved, from whichever tab", async () => {
    await using server = await ServerProcess.start();
    const device = await Device.open(browser, server.url);
    await device.signUp("ada@example.com");
    await device.say('/note_save title=plan text="conquer"');
    await device.run("completed").waitFor();
    await device.say("/note_delete title=plan");
    await device.page.getByRole("button", { name: "Approve" }).waitFor();
    const tab = await device.openTab(device.page.url());
    await tab.page.getByRole("button", { name: "Deny" }).click();
    for (const each of [device, tab]) {
      await each.page.locator('details.tool[data-tool="note_delete"][data-state="denied"]').waitFor();
    }
    await device.say("/note_delete title=plan");
    await tab.page.getByRole("button", { name: "Approve" }).click();
    await device.page.locator('details.tool[data-tool="note_delete"][data-state="completed"]').waitFor();
    await device.say("/note_list");
    await device.run("completed").nth(3).waitFor();
    await device.page.locator("details.tool").last().click();
    expect(await device.page.locator("details.tool").last().innerText()).not.toContain("plan");
  });

  test("signing out ends the session in every tab, and the next person sees nothing", async () => {
    await using server = await ServerProcess.start();
    const device = await Device.open(browser, server.url);
    await device.signUp("ada@example.com");
    await device.say("what is 6 * 7?");
    await device.run("completed").waitFor();
    const tab = await device.openTab(device.page.url());
    await tab.run("completed").waitFor();
    await device.page.getByRole("button", { name: "Sign out" }).click();
    for (const each of [device, tab]) await each.page.getByRole("button", { name: "Sign in" }).waitFor();
    // The page that signed out has left the thread; the other one still has its address.
    expect(new URL(device.page.url()).hash).toBe("");
    await device.signUp("eve@example.com");
    await device.connection("live");
    await tab.page.reload();
    await tab.page.getByText("This conversation does not exist.").waitFor();
    for (const each of [device, tab]) {
      expect(await each.page.locator(".thread-item").count()).toBe(0);
      expect(await each.page.content()).not.toContain("6 * 7");
    }
  });

  test("an answer that was judged says what was made of it", async () => {
    await using server = await ServerProcess.start({
      agent: "scripted",
      quality: { gate: "block", revisionsMax: 0 },
    });
    const device = await Device.open(browser, server.url);
    await device.signUp("ada@example.com");
    await device.say(script({ say: "The meeting is on Tuesday at 10:00 in room 4. Bring the printed contracts." }));
    await device.run("completed").waitFor();
    expect(await device.page.locator("span.verdict").innerText()).toMatch(
      /^Quality: (excellent|good|acceptable), 0\.\d\d$/,
    );
    const vague = "It is important to note that it depends on various factors. Generally speaking, many things matter.";
    await device.say(script({ say: vague }));
    await device.run("failed").waitFor();
    const verdict = device.page.locator('details.verdict[data-passed="false"]');
    await verdict.locator("summary").click();
    expect(await verdict.innerText()).toContain("clarity is 0.");
    expect(await device.page.locator(".answer .markdown").count()).toBe(1);
  });

  test("the keyboard is enough", async () => {
    await using server = await ServerProcess.start();
    const device = await Device.open(browser, server.url);
    await device.signUp("ada@example.com");
    const { keyboard } = device.page;
    const focused = (of: "id" | "textContent") => device.page.evaluate((key) => document.activeElement?.[key], of);
    // From the top of the document. A click in the page would be where Tab goes on from: once that was an example, and Enter sent it.
    await device.page.evaluate(() => {
      document.body.tabIndex = -1;
      document.body.focus();
    });
    await keyboard.press("Tab");
    expect(await focused("textContent")).toBe("Skip to the message field");
    await keyboard.press("Enter");
    expect(await focused("id")).toBe("composer");
    await keyboard.type("what is 1 + 1?");
    await keyboard.press("Shift+Enter");
    await keyboard.press("Enter");
    await device.run("completed").waitFor();
    expect(await device.composer.inputValue()).toBe("");
    expect(await focused("id")).toBe("composer");
  });

  test("what an agent writes cannot load, run or send anything", async () => {
    await using server = await ServerProcess.start();
    const device = await Device.open(browser, server.url);
    await device.signUp("ada@example.com");
    const hostile =
      '![x](https://evil.example/p.png) <img src=x onerror="window.hacked=1"> [a](javascript:window.hacked=1) <script>window.hacked=1</script>';
    await device.page.evaluate(async (text) => {
      await fetch("/v1/documents/hostile.md", {
        method: "PUT",
        headers: { "content-type": "text/markdown" },
        body: text,
      });
    }, hostile);
    await device.say("/read_document name=hostile.md");
    await device.run("completed").waitFor();
    expect(await device.page.locator(".answer").innerText()).toContain("evil.example");
    expect(await device.page.evaluate(() => "hacked" in window)).toBe(false);
    expect(await device.page.locator(".answer img").count()).toBe(0);
    expect(device.requests.filter((request) => request.includes("evil.example"))).toEqual([]);
  });
});
