// Chromium at the Express application, and what the tenant was asked.
import puppeteer from "puppeteer-core";
import { dev, issuer } from "./report.mjs";

/** Where the application is. */
export const base = process.env.APPLICATION;

export const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
});

/** A page of a browser that knows nothing, at the application. */
export async function open() {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(base);
    return page;
}

/** From the front page to the account's. */
export async function signIn(page, username) {
    await page.click('form[action="/login"] button');
    await enter(page, username);
    await page.waitForSelector("#profile");
}

/** Fills in the form of the tenant, or of a simulated provider. */
export async function enter(page, username) {
    await page.waitForSelector("#username");
    // A hint may stand in the field.
    await page.$eval("#username", (field) => (field.value = ""));
    await page.type("#username", username);
    await page.type("#password", "correct-horse");
    await page.click("form:has(#password) button");
}

/** Chooses a suggested account, and signs in at its provider. */
export async function link(page, userid, username) {
    await page.click(`form[action="/link"]:has(input[name=userid][value="${userid}"]) button`);
    await enter(page, username);
}

/** The text of what a selector matches, once there is one. */
export async function text(page, selector) {
    await page.waitForSelector(selector);
    return page.$eval(selector, (element) => element.innerText);
}

/** What the tenant was asked since the last time, as `{ method, path, query, body, status }`. */
export async function asked() {
    const calls = await dev("GET", "calls");
    await dev("DELETE", "calls");
    return calls.map(({ method, path, body, status }) => {
        const url = new URL(path, issuer);
        return { method, path: url.pathname, query: Object.fromEntries(url.searchParams), body, status };
    });
}

/** Which of them are of the Management API, in short. */
export function managed(calls) {
    return calls.filter((call) => call.path.startsWith("/api/v2/"));
}

/** A user as the tenant has it; `undefined` when there is none. */
export async function user(id) {
    const users = await dev("GET", "users");
    return users.find((one) => one.user_id === id);
}
