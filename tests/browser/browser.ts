/** Debian's Chromium, and the page as a person uses it. */
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
// Without these, Chromium calls home at every start, which a closed network answers with failures.
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args });
}

/** One device: cookies of its own, and a record of every request and every complaint of the page. */
export class Device {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly requests: string[] = [];
  readonly problems: string[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on("request", (request) => this.requests.push(request.url()));
    page.on("pageerror", (error) => this.problems.push(error.message));
    page.on("console", (message) => {
      // Lost connections are what some of these tests are about.
      const text = message.text();
      if (message.type() === "error" && !/net::ERR|WebSocket connection|Failed to load resource/.test(text)) {
        this.problems.push(text);
      }
    });
  }

  static async open(browser: Browser, url: string): Promise<Device> {
    const context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
    const device = new Device(context, await context.newPage());
    await device.page.goto(url);
    return device;
  }

  /** A second tab of the same browser. */
  async openTab(url: string): Promise<Device> {
    const device = new Device(this.context, await this.context.newPage());
    await device.page.goto(url);
    return device;
  }

  async signUp(email: string): Promise<void> {
    await this.page.getByRole("button", { name: "Create an account" }).click();
    await this.page.getByLabel("Name").fill("Ada");
    await this.page.getByLabel("Email").fill(email);
    await this.page.getByLabel("Password").fill("correct horse");
    await this.page.getByRole("button", { name: "Create account" }).click();
    await this.composer.waitFor();
  }

  async signIn(email: string): Promise<void> {
    await this.page.getByLabel("Email").fill(email);
    await this.page.getByLabel("Password").fill("correct horse");
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await this.composer.waitFor();
  }

  get composer() {
    return this.page.getByRole("textbox", { name: "Message", exact: true });
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  run(state: string) {
    return this.page.locator(`[data-run-state="${state}"]`);
  }

  /** Waits until the page shows this connection state. */
  async connection(state: string): Promise<void> {
    await this.page.locator(`.connection[data-state="${state}"]`).waitFor();
  }

  /** The text of the answer of the last run. */
  async answer(): Promise<string> {
    return (await this.page.locator(".run .answer .markdown").last().innerText()).trim();
  }
}
