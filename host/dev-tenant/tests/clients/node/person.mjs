// A person with a browser without a screen: cookies by origin and path, redirects, forms as they stand in the page.
import assert from "node:assert/strict";

export class Person {
    #cookies = new Map();

    /** Opens a URL and follows redirects until one leads to where `stop` says, or a page is shown. */
    async open(url, { stop = () => false, form } = {}) {
        for (let hop = 0; hop < 20; hop += 1) {
            if (stop(url)) return { url: new URL(url), html: "" };
            const headers = { cookie: this.#cookieHeader(url) };
            const init = { redirect: "manual", headers };
            if (form !== undefined) {
                init.method = "POST";
                init.body = new URLSearchParams(form);
                form = undefined;
            }
            const response = await fetch(url, init);
            this.#keep(url, response);
            const location = response.headers.get("location");
            if (location === null) return { url: new URL(url), html: await response.text(), status: response.status };
            url = new URL(location, url).href;
        }
        assert.fail(`too many redirects, the last to ${url}`);
    }

    /** Submits the form that has a field of this name, with its hidden fields as they stand. */
    async submit(page, field, values, options) {
        const forms = [...page.html.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/g)];
        const [, attributes, inside] = forms.find(([, , inside]) => inside.includes(`name="${field}"`)) ?? [];
        assert.ok(inside, `no form with ${field} at ${page.url}: ${page.html}`);
        const action = /action="([^"]*)"/.exec(attributes)?.[1];
        const hidden = [...inside.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
        const form = Object.fromEntries(hidden.map(([, name, value]) => [name, unescape(value)]));
        const url = action === undefined ? page.url.href : new URL(unescape(action), page.url).href;
        return this.open(url, { ...options, form: { ...form, ...values } });
    }

    /** From `/authorize` through the form to the callback. */
    async signIn(url, username, options = {}) {
        const page = await this.open(url, options);
        return this.submit(page, "username", { username, password: "correct-horse" }, options);
    }

    #cookieHeader(url) {
        const { host, pathname } = new URL(url);
        const sent = [...this.#cookies.values()].filter((one) => one.host === host && pathname.startsWith(one.path));
        return sent.map((one) => `${one.name}=${one.value}`).join("; ");
    }

    #keep(url, response) {
        const { host } = new URL(url);
        for (const header of response.headers.getSetCookie()) {
            const [pair, ...attributes] = header.split(";").map((part) => part.trim());
            const at = pair.indexOf("=");
            const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
            const path = attributes.find((one) => one.toLowerCase().startsWith("path="))?.slice(5) ?? "/";
            const key = `${host} ${path} ${name}`;
            const gone = attributes.some((one) => /^max-age=0$/i.test(one) || /^expires=thu, 01 jan 1970/i.test(one));
            if (gone) this.#cookies.delete(key);
            else this.#cookies.set(key, { host, path, name, value });
        }
    }
}

function unescape(text) {
    const named = { amp: "&", lt: "<", gt: ">", quot: '"' };
    return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code, name) =>
        code ? String.fromCodePoint(Number(code)) : (named[name] ?? whole),
    );
}
