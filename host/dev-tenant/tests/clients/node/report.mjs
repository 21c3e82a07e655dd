// One line an operation: `ok NAME`, or `failed NAME: WHY`. The Rust test reads the lines and the exit code.
import assert from "node:assert/strict";

/** The tenant's issuer with its slash, and its host with the port: what Auth0's clients call the domain. */
export const issuer = process.env.TENANT;
export const domain = new URL(issuer).host;

let failed = false;

export async function operation(name, run) {
    try {
        await run();
        console.log(`ok ${name}`);
    } catch (error) {
        failed = true;
        console.log(`failed ${name}: ${(error?.stack ?? String(error)).replaceAll("\n", " | ")}`);
    }
}

/** Runs what has to fail, and answers the error. */
export async function failure(run) {
    try {
        await run();
    } catch (error) {
        return error;
    }
    assert.fail("it did not fail");
}

/** A question asked until it is answered, a hundred times at most. */
export async function eventually(ask) {
    for (let asked = 0; asked < 100; asked += 1) {
        const answer = await ask();
        if (answer !== undefined) return answer;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail("it did not come in time");
}

export function finish() {
    process.exitCode = failed ? 1 : 0;
}

/** What only the simulated tenant has. */
export async function dev(method, path, body) {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const response = await fetch(new URL(`_dev/${path}`, issuer), { method, headers, body: JSON.stringify(body) });
    assert.ok(response.ok, `${method} ${path}: ${response.status}`);
    const text = await response.text();
    return text ? JSON.parse(text) : undefined;
}

/** The last code that was mailed to an address. */
export async function mailedCode(email) {
    const messages = await dev("GET", "inbox");
    return messages.findLast((message) => message.to === email).code;
}
